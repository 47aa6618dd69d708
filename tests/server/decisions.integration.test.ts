/** Decisions over HTTP (P4, P5): who may, on what, and who was first. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import { askRun } from '../support/asked-run.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Problem = Readonly<Record<string, unknown>>;
const ask = (question = {}) => askRun(gateway.as('otto'), gateway.test.database, question);
const read = async (id: string, who = 'ana'): Promise<ApprovalView> =>
  (await gateway.as(who).call<ApprovalView>('GET', `/v1/approvals/${id}`)).body;
const decide = (who: string, id: string, body: unknown) =>
  gateway.as(who).call<Problem>('POST', `/v1/approvals/${id}/decisions`, body);

test('50 decisions at once: one wins, and the others learn who, what and when', async () => {
  const { approvalId } = await ask();
  const { argsDigest } = await read(approvalId);
  const people = ['ana', 'ben', 'cleo'];
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      decide(people[index % 3] ?? 'ana', approvalId, {
        decision: index % 2 === 0 ? 'approve' : 'reject',
        argsDigest,
      }),
    ),
  );
  const winners = answers.filter((answer) => answer.status === 200);
  const losers = answers.filter((answer) => answer.status === 409);
  expect([winners.length, losers.length]).toEqual([1, 49]);
  const { status, decisions } = await read(approvalId);
  expect(decisions).toHaveLength(1);
  for (const { body } of losers) {
    expect(body).toMatchObject({
      code: 'approval-decided',
      currentStatus: status,
      decidedBy: decisions[0]?.by,
      decidedAt: decisions[0]?.at,
      decision: decisions[0]?.decision,
    });
  }
});

describe('a decision', () => {
  test('to approve needs the digest of what was seen', async () => {
    const { approvalId } = await ask();
    const missing = await decide('ana', approvalId, { decision: 'approve' });
    expect(missing.status).toBe(422);
    expect(missing.body['errors']).toMatchObject([{ pointer: '/argsDigest' }]);
    const other = { decision: 'approve', argsDigest: 'a'.repeat(64) };
    const changed = await decide('ana', approvalId, other);
    expect([changed.status, changed.body['code']]).toEqual([409, 'args-changed']);
    expect((await read(approvalId)).status).toBe('pending');
  });

  test.each<[string, object]>([
    ['edit', { args: { orderId: '42', amountCents: 1, currency: 'EUR', reason: 'broken' } }],
    ['respond', { message: 'Ask the customer' }],
  ])('to %s is refused where its rule does not allow that', async (decision, more) => {
    const { approvalId } = await ask({ allowedDecisions: ['approve', 'reject'] });
    const { argsDigest } = await read(approvalId);
    const answer = await decide('ana', approvalId, { decision, argsDigest, ...more });
    expect([answer.status, answer.body['code']]).toEqual([422, 'decision-not-allowed']);
    expect(answer.body['allowedDecisions']).toEqual(['approve', 'reject']);
  });

  test.each<[string, object, string]>([
    ['an edit without arguments', { decision: 'edit' }, '/args'],
    ['an answer without words', { decision: 'respond', message: ' ' }, '/message'],
    ['an approval with other arguments', { decision: 'approve', args: {} }, '/args'],
  ])('that means nothing is named by its field: %s', async (_what, body, pointer) => {
    const { approvalId } = await ask();
    const { argsDigest } = await read(approvalId);
    const answer = await decide('ana', approvalId, { argsDigest, ...body });
    expect(answer.status).toBe(422);
    expect(answer.body['errors']).toMatchObject([{ pointer }]);
    expect((await read(approvalId)).status).toBe('pending');
  });

  test('after the end of the question is refused and closes it', async () => {
    // Expired when it is asked.
    const { approvalId, runId } = await ask({ expiresInMs: 0 });
    const { argsDigest } = await read(approvalId);
    const answer = await decide('ana', approvalId, { decision: 'approve', argsDigest });
    expect([answer.status, answer.body['code']]).toEqual([409, 'approval-expired']);
    expect((await read(approvalId)).status).toBe('expired');
    const [call] = await gateway.as('otto').calls(runId);
    expect(call).toMatchObject({ state: 'finished', outcome: 'expired' });
  });

  test('of someone without the label is refused with the reason', async () => {
    const { approvalId } = await askRun(gateway.as('otto'), gateway.test.database, {
      approvers: ['finance'],
    });
    const view = (await gateway.local.call<ApprovalView>('GET', `/v1/approvals/${approvalId}`))
      .body;
    expect(view.viewer).toMatchObject({
      canDecide: false,
      why: 'This question is for finance.',
    });
    const refused = await gateway.local.decide(view, 'approve');
    expect([refused.status, refused.body['code']]).toEqual([403, 'forbidden']);
    expect((await gateway.as('ana').decide(view, 'approve')).status).toBe(200);
  });

  test('of the one who started the run is refused where the rule excludes them', async () => {
    const { database } = gateway.test;
    const { approvalId } = await askRun(gateway.local, database, { requesterMayDecide: false });
    const view = (await gateway.local.call<ApprovalView>('GET', `/v1/approvals/${approvalId}`))
      .body;
    expect(view.viewer.canDecide).toBe(false);
    expect((await gateway.local.decide(view, 'approve')).status).toBe(403);
  });

  test('on nothing is not found, and nonsense is named field by field', async () => {
    const nothing = 'apr_00000000-0000-7000-8000-000000000000';
    const missing = await decide('ana', nothing, { decision: 'reject' });
    expect(missing.status).toBe(404);
    expect((await decide('ana', 'nonsense', { decision: 'reject' })).status).toBe(404);
    const { approvalId } = await ask();
    const answer = await decide('ana', approvalId, { decision: 'maybe', by: 'ben' });
    expect(answer.status).toBe(422);
    const errors = answer.body['errors'] as { pointer: string }[];
    expect(errors.map(({ pointer }) => pointer).toSorted()).toEqual(['/by', '/decision']);
  });
});

test('pending questions come in pages, the oldest first', async () => {
  const asked = [await ask(), await ask(), await ask()];
  const ids: string[] = [];
  let cursor = '';
  do {
    const { body } = await gateway
      .as('vera')
      .call<{ data: ApprovalView[]; nextCursor: string | null }>(
        'GET',
        `/v1/approvals?status=pending&runId=&limit=2&cursor=${cursor}`,
      );
    ids.push(...body.data.map(({ id }) => id));
    cursor = body.nextCursor ?? '';
  } while (cursor !== '');
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.slice(-3)).toEqual(asked.map(({ approvalId }) => approvalId));
});
