/** Order 44, 1,250.00 EUR: two of ana, ben and cleo, and not otto who asked (P4, P5). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

type Problem = Readonly<Record<string, unknown>>;
const as = (who: string) => stack.api.as(testServers().keys[who] ?? '');
const decide = (who: string, { id }: ApprovalView, body: unknown) =>
  as(who).call<ApprovalView & Problem>('POST', `/v1/approvals/${id}/decisions`, body);
const approve = (who: string, approval: ApprovalView) =>
  decide(who, approval, { decision: 'approve', argsDigest: approval.argsDigest });
const read = async ({ id }: ApprovalView) =>
  (await as('ana').call<ApprovalView>('GET', `/v1/approvals/${id}`)).body;
const ask = async (order: number): Promise<{ runId: string; approval: ApprovalView }> => {
  const run = await as('otto').start(`Refund order ${order}, it arrived broken`);
  const [approval] = await stack.api.untilAsked(run.id);
  await eventually('what it will do is known', async () => {
    return (await read(approval!)).preview.state !== 'pending';
  });
  return { runId: run.id, approval: await read(approval!) };
};

describe('a refund above 500.00 EUR', () => {
  it('takes two of finance; an edit voids the vote before it, and the model is told of it', async () => {
    const { runId, approval } = await ask(44);
    expect(approval).toMatchObject({ quorum: 2, approvers: ['finance'], rule: 'refund-large' });
    expect((await approve('otto', approval)).status).toBe(403);
    expect((await approve('vera', approval)).status).toBe(403);
    expect((await approve('adam', approval)).status).toBe(403);
    const first = await approve('ana', approval);
    expect([first.status, first.body.status, first.body.counted]).toEqual([200, 'pending', 1]);
    expect((await approve('ana', approval)).body).toMatchObject({ code: 'already-voted' });
    const args = { ...(approval.args as object), amountCents: 100_000 };
    const { argsDigest } = approval;
    const edited = await decide('ben', approval, { decision: 'edit', argsDigest, args });
    expect(edited.body).toMatchObject({ status: 'pending', counted: 1, round: 2, args });
    expect(edited.body.decisions).toMatchObject([{ by: 'ana', void: true }, { by: 'ben' }]);
    const stale = await approve('cleo', approval);
    expect([stale.status, stale.body['code']]).toEqual([409, 'args-changed']);
    expect(stale.body['args']).toEqual(args);
    expect(await refundsOf(stack, 'ch_44')).toEqual([]);
    const last = await approve('cleo', edited.body);
    expect([last.status, last.body.status]).toEqual([200, 'approved']);
    const done = await stack.api.until(runId, 'ended');
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, 'ch_44')).toMatchObject([{ refund: { amount: 100_000 } }]);
    const [, refund] = await stack.api.calls(runId);
    expect(refund).toMatchObject({
      args,
      outcome: 'succeeded',
      result: { amountCents: 100_000, changedBy: 'ben', madeWith: args },
    });
    await expectTrueStory(stack, runId);
  });

  it('is decided with no worker running, and is carried out when one is back', async () => {
    const { runId, approval } = await ask(9_000);
    await stack.worker.kill();
    try {
      expect((await approve('ana', approval)).status).toBe(200);
      const again = await approve('ben', approval);
      expect([again.status, again.body['code']]).toEqual([409, 'approval-decided']);
    } finally {
      await stack.worker.start();
    }
    const done = await stack.api.until(runId, 'ended');
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, 'ch_9000')).toHaveLength(1);
  });

  it('is answered in its place by a person, and the model reads that', async () => {
    const { runId, approval } = await ask(9_100);
    const answer = { decision: 'respond', message: 'Offer a replacement instead' };
    expect((await decide('ana', approval, answer)).body.status).toBe('responded');
    const done = await stack.api.until(runId, 'ended');
    expect(JSON.stringify(done.output)).toContain('replacement');
    const [, refund] = await stack.api.calls(runId);
    expect(refund).toMatchObject({ outcome: 'responded' });
    expect(await refundsOf(stack, 'ch_9100')).toEqual([]);
  });
});
