import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStripe } from '../../../activities/tools/clients.js';
import { createIssueRefund } from '../../../activities/tools/issue-refund.js';
import type { Shop } from '../../../activities/tools/shop.js';
import { digestOf } from '../../../runtime/digest.js';
import { startPaymentsStandIn } from '../../../stand-ins/payments/server.js';
import type { RunningStandIn } from '../../../stand-ins/http.js';
import { closedShop, demoShop } from '../../support/demo-shop.js';
import { journalPaths } from '../../support/stand-in-folder.js';
import { describeTool, newEffectKey, toolContext } from '../../support/tool-conformance.js';

const nextJournal = journalPaths();
let payments: RunningStandIn;
beforeAll(async () => {
  payments = await startPaymentsStandIn({ port: 0, journalPath: nextJournal() });
});
afterAll(() => payments.close());

const toolAt = (baseUrl: string, shop = demoShop) =>
  createIssueRefund({ stripe: createStripe({ apiKey: 'sk_test_belay', baseUrl }), shop });
const tool = () => toolAt(payments.url);
const nobody = 'http://127.0.0.1:1';
const args = { orderId: '1000', amountCents: 100, currency: 'EUR', reason: 'arrived broken' };

/** What the service has on its books, not what it answered. */
async function refundsOf(orderId: string): Promise<number> {
  const answer = await fetch(`${payments.url}/journal`);
  const { data } = (await answer.json()) as { data: { refund?: { charge: string } }[] };
  return data.filter(({ refund }) => refund?.charge === `ch_${orderId}`).length;
}

describeTool('issue_refund', {
  tool,
  orphan: () => toolAt(nobody),
  args,
  secrets: [args.reason],
  alike: { ...args, amountCents: 1, reason: 'late' },
  service: {
    made: ({ orderId }) => refundsOf(orderId),
    lost: { ...args, orderId: '1008', reason: 'lost [payments-lost-reply]' },
  },
});

describe('issuing a refund', () => {
  test('moves the money and shows the refund', async () => {
    const outcome = await tool().run(
      { ...args, orderId: '42', amountCents: 18_000 },
      toolContext(),
    );
    expect(outcome).toEqual({
      kind: 'done',
      externalRef: expect.stringMatching(/^re_/),
      result: {
        refundId: expect.stringMatching(/^re_/),
        orderId: '42',
        amountCents: 18_000,
        currency: 'EUR',
        status: 'succeeded',
      },
    });
    expect(await refundsOf('42')).toBe(1);
  });

  test('moves it once, however often one key is sent', async () => {
    const key = newEffectKey();
    const refund = { ...args, orderId: '1001' };
    const first = await tool().run(refund, toolContext(key));
    expect(await tool().run(refund, toolContext(key))).toEqual(first);
    expect(await refundsOf('1001')).toBe(1);
  });

  test('does not know after a lost reply, sends nothing by itself, and finds it by the key', async () => {
    const key = newEffectKey();
    const refund = { ...args, orderId: '1002', reason: 'lost [payments-lost-reply]' };
    const outcome = await tool().run(refund, toolContext(key));
    expect(outcome).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    expect(await tool().run(refund, toolContext(key))).toMatchObject({ kind: 'done' });
    expect(await refundsOf('1002')).toBe(1);
  });

  test('does not know after a 500, and succeeds under the same key when none was kept', async () => {
    const key = newEffectKey();
    const refund = { ...args, orderId: '1003', reason: '[payments-500]' };
    const outcome = await tool().run(refund, toolContext(key));
    expect(outcome).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    expect(await tool().run(refund, toolContext(key))).toMatchObject({ kind: 'done' });
  });

  test('says that asking again teaches nothing when a 500 is kept under the key', async () => {
    const key = newEffectKey();
    const refund = { ...args, orderId: '1004', reason: '[payments-500-after]' };
    const first = await tool().run(refund, toolContext(key));
    expect(first).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    const second = await tool().run(refund, toolContext(key));
    expect(second).toEqual({ kind: 'unknown', code: 'effect-failure-stored' });
    expect(await refundsOf('1004')).toBe(1);
  });

  test('does not know when the answer takes longer than a request may', async () => {
    const refund = { ...args, orderId: '1005', reason: '[payments-slow]' };
    const context = { ...toolContext(), requestTimeoutMs: 50 };
    expect(await tool().run(refund, context)).toEqual({
      kind: 'unknown',
      code: 'tool-unreachable',
    });
  });

  test.each([
    [{ orderId: '99' }, 'There is no order 99.'],
    [{ orderId: '43', currency: 'USD' }, 'Order 43 was paid in EUR, not in USD.'],
    [
      { orderId: '43', amountCents: 2_491 },
      'Order 43 came to 24.90 EUR: 24.91 EUR is more than that.',
    ],
  ])('refuses before anything is sent: %o', async (change, message) => {
    const outcome = await toolAt(nobody).run({ ...args, ...change }, toolContext());
    expect(outcome).toEqual({ kind: 'refused', message });
  });

  test("names Stripe's code, and none of its sentences, where Stripe refuses", async () => {
    expect(await tool().run({ ...args, orderId: '45' }, toolContext())).toEqual({
      kind: 'refused',
      message: 'Stripe refused the request: charge_already_refunded.',
    });
    const half = { ...args, orderId: '1006', amountCents: 600 };
    await tool().run(half, toolContext());
    expect(await tool().run(half, toolContext())).toEqual({
      kind: 'refused',
      message: 'Stripe refused the request: invalid_request_error (amount).',
    });
  });

  test('refuses one key for two refunds', async () => {
    const key = newEffectKey();
    await tool().run({ ...args, orderId: '1007' }, toolContext(key));
    const outcome = await tool().run(
      { ...args, orderId: '1007', amountCents: 1 },
      toolContext(key),
    );
    expect(outcome).toEqual({
      kind: 'refused',
      message: 'Stripe refused the request: idempotency_error.',
    });
    expect(await refundsOf('1007')).toBe(1);
  });

  test('sends nothing when the shop cannot be asked', async () => {
    const outcome = await toolAt(payments.url, closedShop).run(args, toolContext());
    expect(outcome).toEqual({ kind: 'not-sent', code: 'tool-unreachable' });
  });

  test('is the same refund again by order, amount and currency, whatever the words', () => {
    const { businessKey } = tool();
    const keyOf = (change: object) => businessKey?.of({ ...args, ...change });
    expect(keyOf({ reason: 'asked again' })).toBe(keyOf({}));
    for (const other of [{ orderId: '1001' }, { amountCents: 101 }, { currency: 'USD' }])
      expect(keyOf(other)).not.toBe(keyOf({}));
    expect(businessKey).toMatchObject({ scope: 'tenant', withinMs: 86_400_000, onRepeat: 'ask' });
  });

  test('says beforehand what was given back so far and what will be, and what it costs', async () => {
    const refund = { ...args, orderId: '1010', amountCents: 300 };
    await tool().run(refund, toolContext());
    expect(await tool().preview?.(refund, toolContext())).toEqual({
      preview: {
        sentence:
          'Gives 3.00 EUR of order 1010 back to the card it was paid with; it came to 10.10 EUR ' +
          'and is delivered.',
        changes: [{ what: 'Refunded of order 1010', before: '3.00 EUR', after: '6.00 EUR' }],
        reversibility: 'by-person',
        cost: '3.00 EUR',
      },
      precondition: {
        status: 'delivered',
        totalCents: 1_010,
        currency: 'EUR',
        chargeId: 'ch_1010',
        refundedCents: 300,
      },
    });
  });

  test('rests on other facts once somebody else has refunded, or the shop has changed the order', async () => {
    const refund = { ...args, orderId: '1011' };
    const seen = await tool().preview?.(refund, toolContext());
    const cancelled: Shop = {
      findOrder: async (orderId) => {
        const order = await demoShop.findOrder(orderId);
        return order && { ...order, status: 'cancelled' };
      },
    };
    const changed = await toolAt(payments.url, cancelled).preview?.(refund, toolContext());
    await tool().run({ ...refund, amountCents: 1 }, toolContext());
    const refunded = await tool().preview?.(refund, toolContext());
    const facts = [seen, changed, refunded].map((each) => digestOf(each?.precondition));
    expect(new Set(facts).size).toBe(3);
  });

  test.each([
    [{ orderId: '99' }, 'There is no order 99.'],
    [{ orderId: '43', currency: 'USD' }, 'Order 43 was paid in EUR, not in USD.'],
    [{ orderId: '45' }, 'Of order 45 0.00 EUR is left to refund: 1.00 EUR is more.'],
  ])('says beforehand what it will refuse: %o', async (change, why) => {
    const seen = await tool().preview?.({ ...args, ...change }, toolContext());
    const sentence = `It will be refused: ${why}`;
    expect(seen?.preview).toMatchObject({ sentence, changes: [], cost: null });
  });

  test('is taken back by a person, who is told which refund and what to do', () => {
    const { undo } = tool();
    const advice = undo?.by === 'person' ? undo.advice(args, { refundId: 're_1' }) : '';
    expect(advice).toContain('Refund re_1 gave 1.00 EUR for order 1000 back');
    expect(advice).toContain('ask the customer to pay it again');
  });

  test('is summed up by amount and order', () => {
    const refund = { ...args, orderId: '42', amountCents: 18_000 };
    expect(tool().summary(refund)).toBe('refund 180.00 EUR for order 42');
  });
});
