import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EffectClass } from '../../contracts/effect.js';
import type { CallId, RunId } from '../../contracts/ids.js';
import { recordAttempt, type Learned } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import { settleCall } from '../../store/call-settlement.js';
import { resolveEffect } from '../../store/resolutions.js';
import { listEffects } from '../../store/effect-views.js';
import { listCalls } from '../../store/calls.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { approveInRun, askInRun, planInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';
import { signWord } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

interface Approved {
  readonly runId: RunId;
  readonly callId: CallId;
  readonly address: { readonly tenantId: string; readonly runId: RunId };
}

async function approvedCall(effect: EffectClass): Promise<Approved> {
  const runId = await queueRun(test.database);
  const { callId } = await approveInRun(test.database, runId, effect);
  return { runId, callId, address: { tenantId: 'default', runId } };
}

const start = ({ address, callId }: Approved) => startCall(test.database, address, callId, terms);
const record = ({ address, callId }: Approved, fence: number | null, learned: Learned) =>
  recordAttempt(test.database, address, callId, fence, learned);
const effectOf = async ({ address }: Approved) => (await listEffects(test.database, address))![0]!;
const callOf = async ({ address }: Approved) => (await listCalls(test.database, address))![0]!;

/** As if the first dispatch had been so long ago. */
const age = (approved: Approved, hours: number) =>
  test.database.pool.query(
    `UPDATE effect SET first_dispatched_at = first_dispatched_at - $2 * interval '1 hour' WHERE run_id = $1`,
    [approved.runId, hours],
  );

const learnedOf = (kind: Learned['kind']): Learned => {
  if (kind === 'done') return { kind, result: '{"ok":true}', externalRef: 're_1' };
  if (kind === 'refused') return { kind, message: 'no' };
  return { kind, code: 'tool-unreachable', retryInMs: 1 };
};

describe('the ledger', () => {
  it('sends a keyed effect again under one key, and not when the service may have forgotten', async () => {
    const approved = await approvedCall('keyed');
    const first = await start(approved);
    const second = await start(approved);
    expect([first, second]).toMatchObject([
      { kind: 'started', fence: 1 },
      { kind: 'started', fence: 2 },
    ]);
    await age(approved, 23.9);
    expect(await start(approved)).toMatchObject({ kind: 'parked' });
    expect(await effectOf(approved)).toMatchObject({ state: 'parked', attempts: 2 });
  });

  it('counts the service’s memory from the first dispatch that may have arrived', async () => {
    const approved = await approvedCall('keyed');
    const first = await start(approved);
    await record(approved, fenceOf(first), learnedOf('not-sent'));
    await age(approved, 25);
    const second = await start(approved);
    expect(second).toMatchObject({ kind: 'started' });
    await record(approved, fenceOf(second), learnedOf('unknown'));
    // The first dispatch was certainly not sent: the memory began with the second.
    expect(await start(approved)).toMatchObject({ kind: 'started', fence: 3 });
    await age(approved, 23);
    expect(await start(approved)).toMatchObject({ kind: 'started', fence: 4 });
    await age(approved, 1);
    expect(await start(approved)).toMatchObject({ kind: 'parked' });
  });

  it('does not let a late attempt write over what a later one or a person has said', async () => {
    const approved = await approvedCall('keyed');
    const first = await start(approved);
    const second = await start(approved);
    expect(await record(approved, fenceOf(first), learnedOf('refused'))).toEqual({
      kind: 'superseded',
    });
    await record(approved, fenceOf(second), learnedOf('done'));
    expect(await record(approved, fenceOf(first), learnedOf('unknown'))).toEqual({
      kind: 'finished',
    });
    expect(await effectOf(approved)).toMatchObject({ state: 'confirmed' });
  });

  it('starts nothing new once the run is cancelled, and says so on the call', async () => {
    const approved = await approvedCall('keyed');
    await requestCancel(test.database, approved.address, { by: 'otto', reason: null }, null);
    expect(await start(approved)).toEqual({ kind: 'finished' });
    expect(await listEffects(test.database, approved.address)).toEqual([]);
    expect(await callOf(approved)).toMatchObject({
      outcome: 'cancelled',
      result: 'Approved, not run: the run was cancelled.',
    });
  });

  it('starts nothing that was allowed without asking either, once the run is cancelled', async () => {
    const runId = await queueRun(test.database);
    const { callId } = await planInRun(test.database, runId, { verdict: 'allow' });
    const allowed = { runId, callId, address: { tenantId: 'default', runId } };
    await requestCancel(test.database, allowed.address, { by: 'otto', reason: null }, null);
    const unasked = { ...terms, verdict: 'allow' } as const;
    expect(await startCall(test.database, allowed.address, callId, unasked)).toEqual({
      kind: 'finished',
    });
    expect(await listEffects(test.database, allowed.address)).toEqual([]);
    expect(await callOf(allowed)).toMatchObject({
      outcome: 'cancelled',
      result: 'Not run: the run was cancelled.',
    });
  });

  it('starts nothing without a decision, whatever the workflow believes', async () => {
    const runId = await queueRun(test.database);
    const { callId, approvalId } = await askInRun(test.database, runId);
    const asked = { runId, callId, address: { tenantId: 'default', runId } };
    const still = { kind: 'needs-approval', approval: { approvalId } };
    expect(await start(asked)).toMatchObject(still);
    expect(
      await settleCall(test.database, asked.address, callId, 'tool-unavailable', () => true),
    ).toMatchObject(still);
    expect(await listEffects(test.database, asked.address)).toEqual([]);
  });

  it('tells the model what a person said of a parked effect, once', async () => {
    const approved = await approvedCall('unsafe');
    const started = await start(approved);
    await record(approved, fenceOf(started), learnedOf('unknown'));
    const { key } = await effectOf(approved);
    expect(await findRun(test.database, approved.address)).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'effect', who: 'operator' }],
    });
    const resolve = () =>
      resolveEffect(test.database, {
        tenantId: 'default',
        effectKey: key,
        by: 'otto',
        outcome: 'absent',
        externalRef: null,
        message: 'the log has nothing',
        key: null,
        sign: signWord,
      });
    await resolve();
    await expect(resolve()).rejects.toMatchObject({ code: 'effect-not-parked' });
    expect(await effectOf(approved)).toMatchObject({ state: 'absent' });
    expect(await callOf(approved)).toMatchObject({
      outcome: 'failed',
      result: expect.stringContaining('the log has nothing'),
    });
    expect(await start(approved)).toEqual({ kind: 'finished' });
  });
});

const fenceOf = (started: { readonly kind: string }): number | null =>
  'fence' in started ? (started as { fence: number | null }).fence : null;
