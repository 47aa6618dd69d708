/** Where two rules of the ledger meet: cancelled and begun, asked twice, answered by a person, held. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EffectClass } from '../../contracts/effect.js';
import type { CallId, RunId } from '../../contracts/ids.js';
import { absencesPerEffect } from '../../contracts/limits.js';
import { digestOf } from '../../runtime/digest.js';
import { recordAttempt, recordSearch, type Learned } from '../../store/call-attempt.js';
import { resolveEffect } from '../../store/resolutions.js';
import { listEffects } from '../../store/effect-views.js';
import { startCall, type AttemptTerms, type Start } from '../../store/call-start.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { setSwitch } from '../../store/switch-changes.js';
import { loadTurn } from '../../store/turns.js';
import { planInRun } from '../support/asked-run.js';
import { eventually } from '../support/eventually.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';
import { signWord, vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

interface Planned {
  readonly address: { readonly tenantId: string; readonly runId: RunId };
  readonly callId: CallId;
}
const repeats = (onRepeat: 'ask' | 'reuse') => ({ withinMs: 3_600_000, onRepeat });
const done: Learned = { kind: 'done', result: '{}', externalRef: null };
const unknown: Learned = { kind: 'unknown', code: 'tool-unreachable', retryInMs: 1 };

/** A call that is allowed, and the same thing as every other one of `thing`. */
async function plan(thing: string, effect: EffectClass = 'keyed'): Promise<Planned> {
  const runId = await queueRun(test.database);
  const business = { scope: 'tenant', key: digestOf(thing) };
  const { callId } = await planInRun(test.database, runId, { verdict: 'allow', effect, business });
  return { address: { tenantId: 'default', runId }, callId };
}
const start = ({ address, callId }: Planned, changes: Partial<AttemptTerms> = {}) =>
  startCall(test.database, address, callId, {
    ...terms,
    verdict: 'allow',
    repeats: repeats('ask'),
    ...changes,
  });
const fenceOf = (started: Start): number => ('fence' in started ? (started.fence ?? 0) : 0);
const record = ({ address, callId }: Planned, started: Start, learned: Learned) =>
  recordAttempt(test.database, address, callId, fenceOf(started), learned);
async function carriedOut(planned: Planned): Promise<void> {
  await record(planned, await start(planned), done);
}
async function approve(asked: Start): Promise<void> {
  if (asked.kind !== 'needs-approval') throw new Error(`It is ${asked.kind}`);
  await vote(test.database, asked.approval.approvalId, 'ana', 'approve');
}
async function saidToHaveHappened({ address }: Planned): Promise<void> {
  const [effect] = (await listEffects(test.database, address)) ?? [];
  await resolveEffect(test.database, {
    tenantId: 'default',
    effectKey: effect!.key,
    by: 'otto',
    outcome: 'happened',
    externalRef: null,
    message: 'seen',
    key: null,
    sign: signWord,
  });
}

describe('the ledger', () => {
  it('does nothing more in our own Postgres once the run is cancelled, whatever was begun', async () => {
    const planned = await plan(randomUUID(), 'transactional');
    expect(await start(planned)).toMatchObject({ kind: 'started' });
    await requestCancel(test.database, planned.address, { by: 'otto', reason: null }, null);
    expect(await start(planned)).toEqual({ kind: 'finished' });
    expect(await listEffects(test.database, planned.address)).toMatchObject([{ state: 'absent' }]);
  });

  it('takes no yes to one repeat for a yes to a later one', async () => {
    const thing = randomUUID();
    await carriedOut(await plan(thing));
    const [first, second] = [await plan(thing), await plan(thing)];
    await approve(await start(first));
    await approve(await start(second));
    const started = await start(first);
    expect(await start(second)).toMatchObject({ kind: 'in-flight' });
    await record(first, started, done);
    const asked = await start(second);
    expect(asked).toMatchObject({ kind: 'needs-approval' });
    await approve(asked);
    expect(await start(second)).toMatchObject({ kind: 'started' });
  });

  it('asks people about an effect that is searched for in vain again and again', async () => {
    const planned = await plan(randomUUID(), 'reconcilable');
    const settled = { requestTimeoutMs: -5_000 };
    for (let absence = 0; absence < absencesPerEffect; absence += 1) {
      await record(planned, await start(planned, settled), unknown);
      const searching = await start(planned, settled);
      expect(searching).toMatchObject({ kind: 'search' });
      const { address, callId } = planned;
      await recordSearch(test.database, address, callId, fenceOf(searching), { kind: 'absent' });
    }
    await record(planned, await start(planned, settled), unknown);
    expect(await start(planned, settled)).toMatchObject({ kind: 'parked' });
  });

  it('answers a repeat from an effect of which only a person knows that it happened', async () => {
    const thing = randomUUID();
    const first = await plan(thing, 'unsafe');
    await record(first, await start(first), unknown);
    await closeRun(test.database, first.address, { status: 'cancelled', code: null });
    await saidToHaveHappened(first);
    const second = await plan(thing);
    expect(await start(second, { repeats: repeats('reuse') })).toEqual({ kind: 'finished' });
  });

  it('has taken up a person’s word when the tool’s own activity hears it', async () => {
    const planned = await plan(randomUUID(), 'unsafe');
    await record(planned, await start(planned), unknown);
    await saidToHaveHappened(planned);
    expect(await start(planned)).toEqual({ kind: 'finished' });
    expect(await findRun(test.database, planned.address)).toMatchObject({ waitingFor: [] });
  });

  it('lists an answered question in its turn as one that is to be looked at, not waited for', async () => {
    const runId = await queueRun(test.database);
    const { approval } = await planInRun(test.database, runId);
    await approve({ kind: 'needs-approval', approval: approval! });
    const address = { tenantId: 'default', runId };
    const turn = (await loadTurn(test.database, address, 1))?.committed;
    expect(turn).toMatchObject({ kind: 'committed', calls: [{ approval: { remainingMs: 0 } }] });
  });

  it('lists a call once in its turn, with its last question', async () => {
    const thing = randomUUID();
    await carriedOut(await plan(thing));
    const runId = await queueRun(test.database);
    const address = { tenantId: 'default', runId };
    const { callId, approval } = await planInRun(test.database, runId);
    await approve({ kind: 'needs-approval', approval: approval! });
    await test.database.pool.query(
      'UPDATE call SET business_key = $2, business_scope = $3 WHERE run_id = $1',
      [runId, digestOf(thing), 'tenant'],
    );
    const asked = await start({ address, callId }, { verdict: 'ask' });
    const turn = (await loadTurn(test.database, address, 1))?.committed;
    const calls = turn?.kind === 'committed' ? turn.calls : [];
    expect(asked).toMatchObject({ kind: 'needs-approval' });
    expect(calls).toMatchObject([
      { callId, approval: 'approval' in asked && { approvalId: asked.approval.approvalId } },
    ]);
  });
});

it('a kill switch is set only when all that saw none has committed', async () => {
  const client = await test.database.pool.connect();
  let isSet = false;
  try {
    await client.query('BEGIN');
    await client.query(
      `SELECT pg_advisory_xact_lock_shared(hashtextextended('kill-switch:default', 0))`,
    );
    const fresh = { tenantId: 'default', scope: 'all', name: null, reason: 'stop', by: 'otto' };
    const setting = setSwitch(test.database, { ...fresh, scope: 'all' }, null, (record_) => ({
      status: 201,
      body: JSON.stringify(record_),
    })).then(() => (isSet = true));
    const waiting = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`;
    await eventually(
      'the setter waits',
      async () => (await test.database.pool.query(waiting)).rowCount === 1,
      3_000,
    );
    expect(isSet).toBe(false);
    await client.query('COMMIT');
    await setting;
    expect(await start(await plan(randomUUID()))).toMatchObject({ kind: 'held' });
  } finally {
    client.release();
  }
});
