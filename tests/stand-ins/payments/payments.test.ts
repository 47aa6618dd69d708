import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createStripe } from '../../../activities/tools/clients.js';
import type { RunningStandIn } from '../../../stand-ins/http.js';
import { startPaymentsStandIn, type PaymentsOptions } from '../../../stand-ins/payments/server.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const nextJournal = journalPaths();
const running: RunningStandIn[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((standIn) => standIn.close()));
});

async function start(options: Partial<PaymentsOptions> = {}): Promise<RunningStandIn> {
  const standIn = await startPaymentsStandIn({ port: 0, journalPath: nextJournal(), ...options });
  running.push(standIn);
  return standIn;
}

async function stop(standIn: RunningStandIn): Promise<void> {
  running.splice(running.indexOf(standIn), 1);
  await standIn.close();
}

type Form = Record<string, string>;
interface Body {
  readonly id?: string;
  readonly error?: { readonly type: string; readonly code?: string; readonly param?: string };
}

async function post(standIn: RunningStandIn, form: Form, key?: string) {
  const response = await fetch(`${standIn.url}/v1/refunds`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk_test_x',
      'content-type': 'application/x-www-form-urlencoded',
      ...(key !== undefined && { 'idempotency-key': key }),
    },
    body: new URLSearchParams(form),
  });
  const body = (await response.json()) as Body;
  const replayed = response.headers.get('idempotent-replayed') === 'true';
  return { status: response.status, body, replayed };
}

const refundsIn = async (standIn: RunningStandIn): Promise<number> => {
  const answer = await fetch(`${standIn.url}/journal`);
  const { data } = (await answer.json()) as { data: readonly { kind: string }[] };
  return data.filter(({ kind }) => kind === 'refund').length;
};

const part = { charge: 'ch_9000', amount: '10' };

describe('idempotency keys', () => {
  test('replay the first answer, byte for byte, and move nothing again', async () => {
    const standIn = await start();
    const first = await post(standIn, part, 'k');
    expect(first).toMatchObject({ status: 200, replayed: false });
    const again = await post(standIn, { amount: '10', charge: 'ch_9000' }, 'k');
    expect(again).toEqual({ ...first, replayed: true });
    expect(await refundsIn(standIn)).toBe(1);
  });

  test('are refused for other parameters', async () => {
    const standIn = await start();
    await post(standIn, part, 'k');
    const other = await post(standIn, { ...part, amount: '11' }, 'k');
    expect(other).toMatchObject({ status: 400, body: { error: { type: 'idempotency_error' } } });
  });

  test('are refused while their first request is under way', async () => {
    let release = () => {};
    let begun = () => {};
    const started = new Promise<void>((resolve) => (begun = resolve));
    const pause = () => {
      begun();
      return new Promise<void>((resolve) => (release = resolve));
    };
    const standIn = await start({ pause });
    const slow = { ...part, 'metadata[reason]': 'please [payments-slow]' };
    const first = post(standIn, slow, 'k');
    await started;
    const twin = await post(standIn, slow, 'k');
    expect(twin).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_key_in_use' } },
    });
    release();
    expect(await first).toMatchObject({ status: 200 });
    expect(await post(standIn, slow, 'k')).toMatchObject({ status: 200, replayed: true });
    expect(await refundsIn(standIn)).toBe(1);
  });

  test('are forgotten after 24 hours', async () => {
    let hours = 0;
    const now = () => Date.UTC(2026, 0, 1) + hours * 3_600_000;
    const standIn = await start({ now });
    await post(standIn, part, 'k');
    hours = 23.9;
    expect((await post(standIn, part, 'k')).replayed).toBe(true);
    hours = 24;
    expect((await post(standIn, part, 'k')).replayed).toBe(false);
    expect(await refundsIn(standIn)).toBe(2);
  });

  test('keep nothing of a request that failed validation', async () => {
    const standIn = await start();
    expect(await post(standIn, { ...part, amount: 'ten' }, 'k')).toMatchObject({ status: 400 });
    expect(await post(standIn, part, 'k')).toMatchObject({ status: 200, replayed: false });
  });

  test('keep a refusal by the money', async () => {
    const standIn = await start();
    expect(await post(standIn, { charge: 'ch_45' }, 'k')).toMatchObject({ status: 400 });
    const again = await post(standIn, { charge: 'ch_45' }, 'k');
    expect(again).toMatchObject({ status: 400, replayed: true });
  });

  test('and refunds outlive the process', async () => {
    const journalPath = nextJournal();
    const before = await start({ journalPath });
    const first = await post(before, { ...part, 'metadata[fault]': '500-after' }, 'kept-500');
    await post(before, { charge: 'ch_43' }, 'whole');
    await stop(before);
    const after = await start({ journalPath });
    const again = await post(after, { ...part, 'metadata[fault]': '500-after' }, 'kept-500');
    expect(again).toEqual({ ...first, replayed: true });
    expect(again.status).toBe(500);
    const code = 'charge_already_refunded';
    expect(await post(after, { charge: 'ch_43' }, 'new')).toMatchObject({
      body: { error: { code } },
    });
  });
});

describe('failures on request', () => {
  test('500 comes once for each key, before anything is done', async () => {
    const journalPath = nextJournal();
    const standIn = await start({ journalPath });
    const form = { ...part, 'metadata[reason]': '[payments-500]' };
    expect(await post(standIn, form, 'a')).toMatchObject({ status: 500, replayed: false });
    expect(await refundsIn(standIn)).toBe(0);
    await stop(standIn);
    const after = await start({ journalPath });
    expect(await post(after, form, 'a')).toMatchObject({ status: 200, replayed: false });
    expect(await post(after, form, 'b')).toMatchObject({ status: 500 });
  });

  test('a lost reply loses the answer, not the refund', async () => {
    const standIn = await start();
    const form = { ...part, 'metadata[reason]': 'oh [payments-lost-reply] no' };
    await expect(post(standIn, form, 'k')).rejects.toThrow();
    expect(await refundsIn(standIn)).toBe(1);
    expect(await post(standIn, form, 'k')).toMatchObject({ status: 200, replayed: true });
    expect(await refundsIn(standIn)).toBe(1);
  });
});

describe('what Stripe refuses', () => {
  test.each<[Form, number, object]>([
    [{ charge: 'ch_99' }, 404, { code: 'resource_missing', param: 'charge' }],
    [{ charge: 'ch_0999' }, 404, { code: 'resource_missing' }],
    [{ amount: '5' }, 400, { code: 'parameter_missing', param: 'charge' }],
    [{ ...part, amount: '0' }, 400, { code: 'parameter_invalid_integer', param: 'amount' }],
    [{ ...part, amount: '1.5' }, 400, { param: 'amount' }],
    [{ ...part, amount: '9001' }, 400, { type: 'invalid_request_error', param: 'amount' }],
    [{ ...part, reason: 'because' }, 400, { param: 'reason' }],
    [{ ...part, colour: 'red' }, 400, { code: 'parameter_unknown', param: 'colour' }],
    [{ ...part, 'metadata[a]': 'x'.repeat(501) }, 400, { param: 'metadata[a]' }],
    [{ charge: 'ch_45' }, 400, { code: 'charge_already_refunded' }],
  ])('%o is %i', async (form, status, error) => {
    const standIn = await start();
    expect(await post(standIn, form)).toMatchObject({ status, body: { error } });
    expect(await refundsIn(standIn)).toBe(0);
  });

  test.each(['', 'Bearer sk_live_real', 'Bearer nothing', 'Basic c2tfbGl2ZV94Og=='])(
    'a caller with "%s"',
    async (authorization) => {
      const standIn = await start();
      const response = await fetch(`${standIn.url}/v1/refunds`, { headers: { authorization } });
      expect(response.status).toBe(401);
    },
  );

  test('never more is given back than was paid, whatever is asked in whatever order', async () => {
    const standIn = await start();
    let charge = 1_000;
    const amounts = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(amounts, async (wanted) => {
        charge += 1;
        const ask = (amount: number) =>
          post(standIn, { charge: `ch_${charge}`, amount: String(amount) });
        const answers = await Promise.all(wanted.map(ask));
        const given = wanted.filter((_, index) => answers[index]?.status === 200);
        const total = given.reduce((sum, amount) => sum + amount, 0);
        expect(total).toBeLessThanOrEqual(charge);
        const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: standIn.url });
        const read = await stripe.charges.retrieve(`ch_${charge}`);
        expect(read).toMatchObject({ amount: charge, amount_refunded: total });
      }),
      { numRuns: 20 },
    );
  });
});

describe('reading with the stripe package', () => {
  test('shows refunds one by one, and in pages with the newest first', async () => {
    const standIn = await start();
    const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: standIn.url });
    const made = [];
    for (const amount of [1, 2, 3]) {
      made.push(await stripe.refunds.create({ charge: 'ch_42', amount }));
    }
    const listed = [];
    for await (const refund of stripe.refunds.list({ charge: 'ch_42', limit: 2 }))
      listed.push(refund.id);
    expect(listed).toEqual(made.map(({ id }) => id).toReversed());
    expect(await stripe.refunds.retrieve(listed[0] ?? '')).toMatchObject({ amount: 3 });
    const earlier = await stripe.refunds.list({ charge: 'ch_45' });
    expect(earlier.data).toMatchObject([{ amount: 5_000, status: 'succeeded' }]);
  });

  test('knows no other paths', async () => {
    const standIn = await start();
    const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: standIn.url });
    await expect(stripe.customers.list()).rejects.toMatchObject({ statusCode: 404 });
    await expect(stripe.charges.retrieve('ch_7')).rejects.toMatchObject({ statusCode: 404 });
    expect((await fetch(`${standIn.url}/livez`)).status).toBe(200);
  });
});
