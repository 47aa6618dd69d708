import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunView } from '../../contracts/run.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const textOf = (run: RunView): string => JSON.stringify(run.output);

describe('the refund desk', () => {
  it('asks before it moves 180.00 EUR, and moves it once when somebody says yes', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 42, it arrived broken');
    expect(run).toMatchObject({ status: 'queued', waitingFor: [{ kind: 'dependency' }] });
    const [approval] = await api.untilAsked(run.id);
    expect(approval).toMatchObject({
      title: 'refund 180.00 EUR for order 42',
      args: { amountCents: 18_000, orderId: '42' },
      viewer: { canDecide: true },
    });
    const waiting = await api.run(run.id);
    expect(waiting).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'approval', until: approval!.expiresAt }],
    });
    expect((await api.decide(approval!, 'approve')).status).toBe(200);
    const done = await api.until(run.id, 'ended');
    expect(done).toMatchObject({ status: 'completed', failure: null, waitingFor: [] });
    expect(textOf(done)).toContain('180.00');
    expect(await refundsOf(stack, 'ch_42')).toHaveLength(1);
    expect(await stack.mail.journal()).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('refunds order 1234 without asking: 12.34 EUR is within what it may do alone', async () => {
    const run = await stack.api.start('Please refund order 1234');
    const done = await stack.api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, 'ch_1234')).toMatchObject([{ refund: { amount: 1_234 } }]);
    const calls = await stack.api.calls(run.id);
    expect(calls.map(({ tool, verdict }) => [tool, verdict])).toEqual([
      ['lookup_order', 'allow'],
      ['issue_refund', 'allow'],
    ]);
    await expectTrueStory(stack, run.id);
  });

  it('finishes one of two calls of a turn while the other waits for a person', async () => {
    const { api } = stack;
    const run = await api.start('Refund orders 7500 and 1500, both arrived broken');
    const [approval] = await api.untilAsked(run.id);
    await eventually('the small one is done', async () => {
      const calls = await api.calls(run.id);
      return calls.some((call) => call.tool === 'issue_refund' && call.outcome === 'succeeded');
    });
    expect(await refundsOf(stack, 'ch_1500')).toHaveLength(1);
    expect(await refundsOf(stack, 'ch_7500')).toEqual([]);
    await api.decide(approval!, 'approve');
    const done = await api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    const turns = (await api.calls(run.id)).map(({ turn, tool }) => `${turn} ${tool}`);
    expect(turns).toEqual(['1 lookup_order', '1 lookup_order', '2 issue_refund', '2 issue_refund']);
    expect(await refundsOf(stack, 'ch_7500')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('tells the model why a refund was rejected, and the answer says so', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 8000');
    const [approval] = await api.untilAsked(run.id);
    await api.decide(approval!, 'reject', 'customer kept the item');
    const done = await api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    expect(textOf(done)).toContain('customer kept the item');
    expect(await refundsOf(stack, 'ch_8000')).toEqual([]);
    const [, refund] = await api.calls(run.id);
    expect(refund).toMatchObject({ outcome: 'rejected' });
    await expectTrueStory(stack, run.id);
  });

  it.each([
    ['an order that was refunded before', 'Refund order 45', 'ch_45', /already|refunded/i],
    ['an order that does not exist', 'Refund order 99', 'ch_99', /99/],
    ['a message without an order', 'I am unhappy with my purchase', '', /order/i],
  ])('ends sensibly and moves nothing for %s', async (_what, message, charge, said) => {
    const before = await refundsOf(stack, charge);
    const run = await stack.api.start(message);
    const done = await stack.api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    expect(textOf(done)).toMatch(said);
    expect(await refundsOf(stack, charge)).toEqual(before);
    await expectTrueStory(stack, run.id);
  });

  it('asks before it writes to the customer, and only when the message wants that', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 2600 and tell the customer');
    const [approval] = await api.untilAsked(run.id);
    expect(approval).toMatchObject({ tool: 'send_email' });
    expect(await stack.mail.journal()).toEqual([]);
    await api.decide(approval!, 'approve');
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    expect(await stack.mail.journal()).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('ends with the reason when it has used all its turns, and has done nothing more', async () => {
    await registerDesk(stack.test.database, 'brief-desk', ({ limits }) => ({
      limits: { ...limits, turns: 1 },
    }));
    const run = await stack.api.start('Refund order 1950', {}, 'brief-desk');
    const done = await stack.api.until(run.id, 'ended');
    expect(done).toMatchObject({ status: 'failed', failure: { code: 'turn-limit-reached' } });
    expect(await refundsOf(stack, 'ch_1950')).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('keeps the version it began with when its agent is edited', async () => {
    const { database } = stack.test;
    await registerDesk(database, 'edited-desk', () => ({}));
    const run = await stack.api.start('Refund order 7950', {}, 'edited-desk');
    const [approval] = await stack.api.untilAsked(run.id);
    await registerDesk(database, 'edited-desk', () => ({
      policy: [],
      instructions: 'Do nothing.',
    }));
    await stack.api.decide(approval!, 'approve');
    const done = await stack.api.until(run.id, 'ended');
    expect(done).toMatchObject({ status: 'completed', agent: run.agent });
    const later = await stack.api.start('Refund order 1951', {}, 'edited-desk');
    expect(later.agent.version).not.toBe(run.agent.version);
    expect(await refundsOf(stack, 'ch_7950')).toHaveLength(1);
  });

  it('refunds what it reads, for orders, amounts and phrasings it has never seen', async () => {
    const orders = fc.uniqueArray(fc.integer({ min: 3_000, max: 7_400 }), {
      minLength: 1,
      maxLength: 3,
    });
    const phrasing = fc.constantFrom(
      (list: string) => `Refund ${list}, please`,
      (list: string) => `The goods of ${list} arrived broken. I want my money back`,
      (list: string) => `money back for ${list}`,
    );
    const seen = new Set<number>();
    await fc.assert(
      fc.asyncProperty(orders, phrasing, async (numbers, phrase) => {
        const fresh = numbers.filter((number) => !seen.has(number));
        if (fresh.length === 0) return;
        for (const number of fresh) seen.add(number);
        const list = fresh.map((number) => `order ${number}`).join(' and ');
        const run = await stack.api.start(phrase(list));
        const asking = fresh.filter((number) => number > 5_000);
        const asked = await stack.api.untilAsked(run.id, asking.length);
        await Promise.all(asked.map((approval) => stack.api.decide(approval, 'approve')));
        expect((await stack.api.until(run.id, 'ended')).status).toBe('completed');
        for (const number of fresh) {
          const refunds = await refundsOf(stack, `ch_${number}`);
          expect(refunds).toMatchObject([{ refund: { amount: number } }]);
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('a model that misbehaves', () => {
  it.each(['[overload]', '[rate-limit]', '[cut-stream]', '[stall]'])(
    'is asked again after %s, and the run says what it waited for',
    async (fault) => {
      const run = await stack.api.start(`${fault} Refund order ${faultOrders[fault]}`);
      const done = await stack.api.until(run.id, 'ended');
      expect(done.status).toBe('completed');
      const events = await stack.api.events(run.id);
      const retry = events.find(({ type }) => type === 'turn-retrying');
      expect(retry?.data).toMatchObject({ turn: 1, attempt: 1, code: faultCodes[fault] });
      expect(await refundsOf(stack, `ch_${faultOrders[fault]}`)).toHaveLength(1);
      await expectTrueStory(stack, run.id);
    },
  );
});

const faultOrders: Readonly<Record<string, number>> = {
  '[overload]': 1_601,
  '[rate-limit]': 1_602,
  '[cut-stream]': 1_603,
  '[stall]': 1_604,
};
const faultCodes: Readonly<Record<string, string>> = {
  '[overload]': 'model-overloaded',
  '[rate-limit]': 'model-rate-limited',
  '[cut-stream]': 'model-unreachable',
  '[stall]': 'model-stalled',
};
