/** What stands before a dispatch, and what becomes of a call whose activity is gone (P3, P4). */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Question } from '../../contracts/approval.js';
import type { RunId } from '../../contracts/ids.js';
import { findApproval } from '../../store/approval-views.js';
import { startCall, type AttemptTerms } from '../../store/call-start.js';
import { settleCall } from '../../store/call-settlement.js';
import { listEffects } from '../../store/effect-views.js';
import { listCalls } from '../../store/calls.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { approveInRun, askInRun, planInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

interface Subject {
  readonly runId: RunId;
  readonly callId: Awaited<ReturnType<typeof planInRun>>['callId'];
}
const addressOf = ({ runId }: Subject) => ({ tenantId: 'default', runId });
const start = (subject: Subject, changes: Partial<AttemptTerms> = {}) =>
  startCall(test.database, addressOf(subject), subject.callId, { ...terms, ...changes });
const settle = (subject: Subject, code: 'tool-failed' | 'tool-unavailable' = 'tool-failed') =>
  settleCall(test.database, addressOf(subject), subject.callId, code, () => true);
const effectsOf = (subject: Subject) => listEffects(test.database, addressOf(subject));
const callsOf = (subject: Subject) => listCalls(test.database, addressOf(subject));
const approved = async (
  effect: 'keyed' | 'unsafe' = 'keyed',
  question: Partial<Question> = {},
): Promise<Subject> => approveInRun(test.database, await queueRun(test.database), effect, question);
const allowed = async (changes: Parameters<typeof planInRun>[2] = {}): Promise<Subject> => {
  const runId = await queueRun(test.database);
  const planned = await planInRun(test.database, runId, { verdict: 'allow', ...changes });
  return { runId, callId: planned.callId };
};

describe('a call that starts', () => {
  it('is not made when its pinned rules deny it by now, although it was allowed when planned', async () => {
    const subject = await allowed();
    expect(await start(subject, { verdict: 'deny' })).toEqual({ kind: 'finished' });
    expect(await effectsOf(subject)).toEqual([]);
    expect(await callsOf(subject)).toMatchObject([{ outcome: 'denied' }]);
  });

  it('asks when its pinned rules ask by now, although it was allowed when planned', async () => {
    const subject = await allowed();
    expect(await start(subject, { verdict: 'ask' })).toMatchObject({ kind: 'needs-approval' });
    expect(await effectsOf(subject)).toEqual([]);
    expect(await callsOf(subject)).toMatchObject([{ state: 'asking' }]);
  });

  it('still asks when the rules would allow it by now, because it was planned as a question', async () => {
    const runId = await queueRun(test.database);
    const { callId } = await planInRun(test.database, runId);
    const subject = { runId, callId };
    expect(await start(subject, { verdict: 'allow' })).toMatchObject({ kind: 'needs-approval' });
    expect(await effectsOf(subject)).toEqual([]);
  });

  it('that asks is withdrawn when its run is cancelled', async () => {
    const runId = await queueRun(test.database);
    const { callId, approvalId } = await askInRun(test.database, runId);
    const subject = { runId, callId };
    await requestCancel(test.database, addressOf(subject), { by: 'otto', reason: null }, null);
    expect(await findApproval(test.database, 'default', approvalId)).toMatchObject({
      status: 'cancelled',
    });
    expect(await callsOf(subject)).toMatchObject([{ outcome: 'cancelled' }]);
  });

  it('after the time to carry out its decision is not made', async () => {
    const subject = await approved('keyed', { executeWithinMs: 1 });
    await wait(20);
    expect(await start(subject)).toEqual({ kind: 'finished' });
    expect(await effectsOf(subject)).toEqual([]);
    expect(await callsOf(subject)).toMatchObject([{ outcome: 'expired' }]);
  });

  it('waits for an attempt that may still be sending, where the service takes no key', async () => {
    const subject = await approved('unsafe');
    await start(subject);
    const second = await start(subject);
    expect(second.kind).toBe('in-flight');
    expect(second).toMatchObject({ waitMs: expect.any(Number) });
    expect(await effectsOf(subject)).toMatchObject([{ state: 'dispatched', attempts: 1 }]);
  });
});

describe('a call whose activity ended without its row', () => {
  it.each(['keyed', 'unsafe'] as const)(
    'is for a person to settle where it was dispatched: %s',
    async (effect) => {
      const subject = await approved(effect);
      await start(subject);
      expect(await settle(subject)).toMatchObject({ kind: 'parked' });
      expect(await effectsOf(subject)).toMatchObject([{ state: 'parked' }]);
      expect(await callsOf(subject)).toMatchObject([{ state: 'parked', outcome: null }]);
    },
  );

  it('tells the model honestly that no worker has its tool', async () => {
    const subject = await allowed({ effect: 'read' });
    expect(await settle(subject, 'tool-unavailable')).toEqual({ kind: 'finished' });
    expect(await callsOf(subject)).toMatchObject([
      { outcome: 'unavailable', result: expect.stringContaining('No worker has this tool') },
    ]);
  });

  it('is handed to people when its run ends, if it was dispatched', async () => {
    const subject = await approved('keyed');
    await start(subject);
    await closeRun(test.database, addressOf(subject), { status: 'failed', code: 'internal' });
    expect(await effectsOf(subject)).toMatchObject([{ state: 'parked' }]);
  });
});
