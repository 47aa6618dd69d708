/** What people see before they decide is what is there when it is done, or they are asked again (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import { eventually } from '../support/eventually.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const ask = async (order: number): Promise<{ runId: string; approval: ApprovalView }> => {
  const { id: runId } = await stack.api.start(`Refund order ${order}, it arrived broken`);
  const [approval] = await stack.api.untilAsked(runId);
  return { runId, approval: approval! };
};
const approve = async (approval: ApprovalView): Promise<void> =>
  expect((await stack.api.decide(approval, 'approve')).status).toBe(200);
/** The question that is put in place of one that was approved. */
async function askedAgain(runId: string, before: ApprovalView): Promise<ApprovalView> {
  let again: ApprovalView | undefined;
  await eventually(`run ${runId} asks again`, async () => {
    [again] = await stack.api.pending(runId);
    return again !== undefined && again.id !== before.id;
  });
  return again!;
}
/** Somebody else at the payment service. */
async function refundBesides(order: number, amountCents: number): Promise<void> {
  const answer = await fetch(`${stack.payments.url}/v1/refunds`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_somebody_else' },
    body: new URLSearchParams({ charge: `ch_${order}`, amount: String(amountCents) }),
  });
  expect(answer.status).toBe(200);
}
const typesOf = async (runId: string) => (await stack.api.events(runId)).map(({ type }) => type);

describe('a question about a refund', () => {
  it('shows what was given back so far and what will be, and what that costs', async () => {
    const { runId, approval } = await ask(7_700);
    expect(approval.preview).toEqual({
      state: 'ready',
      now: {
        sentence:
          'Gives 77.00 EUR of order 7700 back to the card it was paid with; it came to 77.00 EUR ' +
          'and is delivered.',
        changes: [{ what: 'Refunded of order 7700', before: '0.00 EUR', after: '77.00 EUR' }],
        reversibility: 'by-person',
        cost: '77.00 EUR',
      },
      earlier: null,
    });
    await approve(approval);
    await stack.api.until(runId, 'ended');
    expect(await refundsOf(stack, 'ch_7700')).toHaveLength(1);
    expect(await typesOf(runId)).toContain('approval-previewed');
    await expectTrueStory(stack, runId);
  });

  it('is put again where somebody else refunded before it was done, also with the worker away', async () => {
    const { runId, approval } = await ask(7_701);
    await stack.worker.kill();
    await refundBesides(7_701, 100);
    await approve(approval);
    await stack.worker.start();
    const again = await askedAgain(runId, approval);
    expect(await refundsOf(stack, 'ch_7701')).toHaveLength(1);
    expect(again.preview.earlier).toEqual(approval.preview.now);
    expect(again.preview.now?.sentence).toContain('It will be refused: Of order 7701 76.01 EUR');
    expect(await stack.api.effects(runId)).toEqual([]);
    await stack.api.decide(again, 'reject', 'Somebody has refunded a part of it');
    expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7701')).toHaveLength(1);
    await expectTrueStory(stack, runId);
  });

  it('is put again where the order has changed, and what is approved then is done', async () => {
    const { runId, approval } = await ask(7_702);
    await stack.test.database.pool.query(
      `UPDATE shop.orders SET status = 'returned' WHERE order_id = '7702'`,
    );
    await approve(approval);
    const again = await askedAgain(runId, approval);
    expect(again).toMatchObject({ args: approval.args, argsDigest: approval.argsDigest });
    expect(approval.preview.now?.sentence).toContain('is delivered');
    expect(again.preview.now?.sentence).toContain('is returned');
    expect(await refundsOf(stack, 'ch_7702')).toEqual([]);
    await approve(again);
    expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7702')).toHaveLength(1);
    const types = await typesOf(runId);
    expect(types.indexOf('approval-stale')).toBeLessThan(types.indexOf('effect-dispatched'));
    await expectTrueStory(stack, runId);
  });

  it('is decided without a preview where the service could not be asked', async () => {
    await stack.payments.kill();
    const { runId, approval } = await ask(7_703);
    expect(approval.preview).toEqual({ state: 'failed', now: null, earlier: null });
    await approve(approval);
    await stack.payments.start();
    expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7703')).toHaveLength(1);
    await expectTrueStory(stack, runId);
  });

  it('takes no yes while its preview is looked up, says when to come back, and takes a no', async () => {
    stack.payments.signal('SIGSTOP');
    try {
      const { id: runId } = await stack.api.start('Refund order 7704, it arrived broken');
      let approval: ApprovalView | undefined;
      await eventually('it asks', async () => {
        [approval] = await stack.api.pending(runId);
        return approval !== undefined;
      });
      const early = await stack.api.decide(approval!, 'approve');
      expect([early.status, early.body['code']]).toEqual([409, 'preview-pending']);
      expect(early.body['retryable']).toBe(true);
      expect(early.headers.get('retry-after')).toBe('1');
      expect((await stack.api.decide(approval!, 'reject', 'no')).status).toBe(200);
      expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
      await expectTrueStory(stack, runId, []);
    } finally {
      stack.payments.signal('SIGCONT');
    }
  });
});
