/** Questions that nobody decides, told by gateways alone: no worker runs here. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Question } from '../../contracts/approval.js';
import { createLog } from '../../runtime/log.js';
import { startReminder } from '../../server/remind.js';
import { findApproval } from '../../store/approval-views.js';
import { readEvents } from '../../store/events.js';
import { runsToTell, tellQuestions } from '../../store/question-reminders.js';
import { findRun } from '../../store/runs.js';
import { registerDesk } from '../support/agents.js';
import { askInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { approver, vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const second = 1_000;
const minute = 60 * second;
const escalating: Partial<Question> = {
  approvers: ['finance'],
  quorum: 2,
  requesterMayDecide: false,
  expiresInMs: 2 * minute,
  escalation: [{ afterMs: 30 * second, approvers: ['head-of-finance'], quorum: 1 }],
};
const head = { principal: approver('hedda', ['head-of-finance']) };
const approve = ({ approvalId }: AskedRun, by = 'hedda', changes = head) =>
  vote(test.database, approvalId, by, 'approve', changes);

const ask = async (question: Partial<Question> = escalating) =>
  askInRun(test.database, await queueRun(test.database), question);
const addressOf = ({ runId }: AskedRun) => ({ tenantId: 'default', runId });
const tell = (asked: AskedRun) => tellQuestions(test.database, addressOf(asked));
/** As if it had been asked, and everything about it had happened, so much earlier. */
const age = ({ approvalId }: AskedRun, ms: number) =>
  test.database.pool.query(
    `UPDATE approval SET requested_at = requested_at - passed, expires_at = expires_at - passed,
       look_at = look_at - passed, reminded_at = reminded_at - passed
     FROM (SELECT $2 * interval '1 millisecond' AS passed) AS time WHERE id = $1`,
    [approvalId, ms],
  );
const lookNow = ({ approvalId }: AskedRun) =>
  test.database.pool.query('UPDATE approval SET look_at = clock_timestamp() WHERE id = $1', [
    approvalId,
  ]);
const isDue = async ({ runId }: AskedRun) =>
  (await runsToTell(test.database, 1_000)).some((run) => run.runId === runId);
const told = async (asked: AskedRun, type: string) => {
  const events = (await readEvents(test.database, addressOf(asked), 0, 1_000))!;
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  return events.filter((event) => event.type === type);
};
const waitOf = async (asked: AskedRun) =>
  (await findRun(test.database, addressOf(asked)))!.waitingFor[0];

describe('a question that its first people leave', () => {
  it('is put to the next ones once their time has come, and the run says so', async () => {
    const asked = await ask();
    const { callId, approvalId } = asked;
    expect(await waitOf(asked)).toMatchObject({
      who: 'finance',
      then: 'unanswered, it escalates to head-of-finance',
    });
    await age(asked, 5 * second);
    expect(await isDue(asked)).toBe(false);
    expect(await tell(asked)).toEqual([]);
    await age(asked, 25 * second);
    expect(await isDue(asked)).toBe(true);
    expect(await tell(asked)).toEqual([{ approvalId, what: 'escalated' }]);
    expect(await told(asked, 'approval-escalated')).toMatchObject([
      { data: { approvalId, callId, level: 1, approvers: ['head-of-finance'], quorum: 1 } },
    ]);
    expect(await findApproval(test.database, 'default', approvalId)).toMatchObject({
      level: 1,
      approvers: ['head-of-finance'],
      quorum: 1,
    });
    const { expiresAt } = (await findApproval(test.database, 'default', approvalId))!;
    expect(await waitOf(asked)).toMatchObject({ who: 'head-of-finance', until: expiresAt });
  });

  it('is told to have risen once, however many gateways look', async () => {
    const asked = await ask();
    await age(asked, 31 * second);
    const all = await Promise.all(Array.from({ length: 8 }, () => tell(asked)));
    expect(all.flat()).toHaveLength(1);
    expect(await tell(asked)).toEqual([]);
    expect(await told(asked, 'approval-escalated')).toHaveLength(1);
  });

  it('is decided by the next ones before any gateway told it, and is told by that once', async () => {
    const asked = await ask();
    await age(asked, 30 * second);
    await expect(approve(asked, 'ana', { principal: approver('ana') })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await approve(asked);
    expect(await findApproval(test.database, 'default', asked.approvalId)).toMatchObject({
      status: 'approved',
    });
    expect(await isDue(asked)).toBe(false);
    expect(await tell(asked)).toEqual([]);
    expect(await told(asked, 'approval-escalated')).toHaveLength(1);
  });

  it('is reminded of at half of the time of each level', async () => {
    const asked = await ask();
    await age(asked, 15 * second);
    expect(await tell(asked)).toMatchObject([{ what: 'reminded' }]);
    await age(asked, 15 * second);
    expect(await tell(asked)).toMatchObject([{ what: 'escalated' }]);
    await age(asked, 30 * second);
    expect(await tell(asked)).toEqual([]);
    await age(asked, 15 * second);
    expect(await tell(asked)).toMatchObject([{ what: 'reminded' }]);
    expect(await tell(asked)).toEqual([]);
    expect(await told(asked, 'approval-reminded')).toHaveLength(2);
  });

  it('is reminded of once after an outage, not of each time that was missed', async () => {
    const day = 24 * 60 * minute;
    const asked = await ask({ expiresInMs: 10 * day });
    await age(asked, 8.5 * day);
    expect(await tell(asked)).toMatchObject([{ what: 'reminded' }]);
    // A look that comes too early reminds of nothing.
    await lookNow(asked);
    expect(await tell(asked)).toEqual([]);
    await age(asked, 0.4 * day);
    expect(await tell(asked)).toEqual([]);
    await age(asked, 0.1 * day);
    expect(await tell(asked)).toMatchObject([{ what: 'reminded' }]);
  });

  it('is found by gateways by themselves within seconds, and told once', async () => {
    const asked = await ask();
    await age(asked, 30 * second);
    const log = createLog({ service: 'test', level: 'error', format: 'json' });
    const { database } = test;
    const startedAtMs = performance.now();
    const reminders = [1, 2].map(() => startReminder({ database, log }));
    const isTold = async () => (await told(asked, 'approval-escalated')).length > 0;
    await eventually('it is told', isTold);
    expect(performance.now() - startedAtMs).toBeLessThan(15 * second);
    // One that becomes due later is found by a later round.
    const later = await ask();
    await age(later, 29 * second);
    await eventually('the later one is told', async () => {
      return (await told(later, 'approval-escalated')).length > 0;
    });
    await Promise.all(reminders.map((reminder) => reminder.stop()));
    expect(await told(asked, 'approval-escalated')).toHaveLength(1);
    expect(await told(later, 'approval-escalated')).toHaveLength(1);
  });
});

describe('a question that was changed', () => {
  it('is put to the next people by the times of its new rule', async () => {
    const escalation = escalating.escalation!;
    await registerDesk(test.database, 'escalating-desk', ({ policy }) => ({
      policy: policy.map((rule) => (rule.id === 'refund-large' ? { ...rule, escalation } : rule)),
    }));
    const runId = await queueRun(test.database, 'escalating-desk');
    const asked = await askInRun(test.database, runId, { expiresInMs: 60 * minute });
    const { approvalId } = asked;
    const { argsDigest } = (await findApproval(test.database, 'default', approvalId))!;
    const args = { orderId: '42', amountCents: 90_000, currency: 'EUR', reason: 'broken' };
    await vote(test.database, approvalId, 'ana', 'edit', { argsDigest, args });
    expect(await waitOf(asked)).toMatchObject({ who: 'finance' });
    await age(asked, 5 * second);
    expect(await isDue(asked)).toBe(false);
    await age(asked, 25 * second);
    expect(await isDue(asked)).toBe(true);
    expect(await tell(asked)).toEqual([{ approvalId, what: 'escalated' }]);
    expect(await waitOf(asked)).toMatchObject({ who: 'head-of-finance' });
  });
});

describe('a question that expired while no worker ran', () => {
  it('is said to wait for a worker, not for people', async () => {
    const asked = await ask({ expiresInMs: minute });
    // A worker that runs closes it meanwhile.
    await age(asked, minute);
    expect(await tell(asked)).toEqual([]);
    await age(asked, 3 * second);
    expect(await isDue(asked)).toBe(true);
    const { approvalId } = asked;
    expect(await tell(asked)).toEqual([{ approvalId, what: 'unclosed' }]);
    expect(await waitOf(asked)).toMatchObject({
      kind: 'dependency',
      who: 'worker',
      until: null,
      then: expect.stringContaining('nobody decided in time'),
    });
    expect(await isDue(asked)).toBe(false);
    expect(await told(asked, 'approval-reminded')).toEqual([]);
    expect(await findApproval(test.database, 'default', approvalId)).toMatchObject({
      status: 'pending',
    });
  });
});
