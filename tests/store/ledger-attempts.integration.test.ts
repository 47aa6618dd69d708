/** The ledger under attempts of every kind and class, as the store keeps it (P3). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EffectClass } from '../../contracts/effect.js';
import type { CallId, RunId } from '../../contracts/ids.js';
import { dispatchesPerEffect } from '../../contracts/limits.js';
import { recordAttempt, recordSearch, type Found, type Learned } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import { listEffects } from '../../store/effect-views.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { transactionalEffect } from '../../store/transactional-effect.js';
import { approveInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';

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

/** As if all that an earlier attempt may do had been done, and could be found. */
const settle = ({ runId }: Approved) =>
  test.database.pool.query('UPDATE effect SET settled_by = now() WHERE run_id = $1', [runId]);

const classes = ['idempotent', 'keyed', 'reconcilable', 'transactional', 'unsafe'] as const;
const stepNames = [
  'done',
  'refused',
  'not-sent',
  'reply-lost',
  'never-arrived',
  'killed-before',
  'killed-after',
] as const;
type Step = (typeof stepNames)[number];

const learnedOf = (kind: Learned['kind']): Learned => {
  if (kind === 'done') return { kind, result: '{"ok":true}', externalRef: 're_1' };
  if (kind === 'refused') return { kind, message: 'no' };
  return { kind, code: 'tool-unreachable', retryInMs: 1 };
};

/** What an attempt learns; null where it is killed. */
const learnedIn: Readonly<Record<Step, Learned | null>> = {
  done: learnedOf('done'),
  refused: learnedOf('refused'),
  'not-sent': learnedOf('not-sent'),
  'reply-lost': learnedOf('unknown'),
  'never-arrived': learnedOf('unknown'),
  'killed-before': null,
  'killed-after': null,
};
const doneBy: ReadonlySet<Step> = new Set(['done', 'reply-lost', 'killed-after']);

/** One attempt, waiting where it has to. False when the call takes no more of them. */
async function act(
  approved: Approved,
  effect: (typeof classes)[number],
  step: Step,
  outside: { times: number },
): Promise<boolean> {
  const started = await start(approved);
  if (started.kind === 'in-flight') {
    await settle(approved);
    return true;
  }
  const { address, callId } = approved;
  if (started.kind === 'search') {
    const found: Found =
      outside.times > 0 ? { kind: 'found', result: '{}', externalRef: 're_1' } : { kind: 'absent' };
    await searchFor(approved, started.fence, found);
    return true;
  }
  if (started.kind !== 'started') return false;
  const learned = learnedIn[step];
  const isDone = doneBy.has(step);
  if (effect === 'transactional') {
    // Its work and what is known of it are one: a kill undoes both.
    if (learned === null) return true;
    await transactionalEffect(
      test.database,
      address,
      callId,
      started.fence ?? 0,
      async () => learned,
    );
    if (learned.kind === 'done') outside.times += 1;
    return true;
  }
  // A service that takes keys does one once.
  if (isDone) outside.times = effect === 'keyed' ? 1 : outside.times + 1;
  if (learned !== null) await record(approved, started.fence, learned);
  return true;
}

const searchFor = ({ address, callId }: Approved, fence: number | null, found: Found) =>
  recordSearch(test.database, address, callId, fence ?? 0, found);

describe('the ledger, whatever becomes of an attempt', () => {
  it('never calls an effect unsent, failed or absent that may have happened', async () => {
    const steps = fc.array(fc.constantFrom(...stepNames), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...classes), steps, async (effect, sequence) => {
        const outside = { times: 0 };
        const approved = await approvedCall(effect);
        for (const step of sequence) {
          if (!(await act(approved, effect, step, outside))) break;
          const { state } = await effectOf(approved);
          if (effect !== 'idempotent') expect(outside.times).toBeLessThanOrEqual(1);
          if (outside.times > 0) {
            expect(['dispatched', 'unknown', 'parked', 'confirmed']).toContain(state);
          }
          const { outcome } = await callOf(approved);
          if (outcome === 'succeeded')
            expect([state, outside.times > 0]).toEqual(['confirmed', true]);
          if (outcome === 'failed') expect(state).toBe('failed');
        }
        const seqs = (await readEvents(test.database, approved.address, 0, 1_000))!;
        expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index + 1));
      }),
      { numRuns: 120 },
    );
  });

  it('tells people what a late attempt says, also when its call has ended', async () => {
    const approved = await approvedCall('reconcilable');
    const first = fenceOf(await start(approved));
    await settle(approved);
    const search = fenceOf(await start(approved));
    await searchFor(approved, search, { kind: 'absent' });
    const second = fenceOf(await start(approved));
    await record(approved, second, learnedOf('done'));
    expect(await record(approved, first, learnedOf('done'))).toEqual({ kind: 'finished' });
    // Said once more by the one that counts: nothing new.
    expect(await record(approved, second, learnedOf('done'))).toEqual({ kind: 'finished' });
    const late = (await readEvents(test.database, approved.address, 0, 1_000))!.filter(
      ({ type }) => type === 'effect-late-result',
    );
    expect(late).toMatchObject([{ data: { fence: first, outcome: 'done', externalRef: 're_1' } }]);
  });

  it('takes no finding of a search that another attempt has taken over from', async () => {
    const approved = await approvedCall('reconcilable');
    await start(approved);
    await settle(approved);
    const first = fenceOf(await start(approved));
    const second = fenceOf(await start(approved));
    expect(await searchFor(approved, first, { kind: 'absent' })).toEqual({ kind: 'superseded' });
    expect(await effectOf(approved)).toMatchObject({ state: 'unknown' });
    await searchFor(approved, second, { kind: 'found', result: '{}', externalRef: 're_1' });
    expect(await effectOf(approved)).toMatchObject({ state: 'confirmed', externalRef: 're_1' });
  });

  it.each(['idempotent', 'reconcilable'] as const)(
    'neither repeats nor searches for a %s effect while its last attempt may still be sending',
    async (effect) => {
      const approved = await approvedCall(effect);
      await start(approved);
      const waits = await start(approved);
      expect(waits).toMatchObject({ kind: 'in-flight' });
      // What may be sent for two seconds, answered for one.
      expect((waits as { waitMs: number }).waitMs).toBeGreaterThan(2_000);
      await settle(approved);
      const kind = effect === 'idempotent' ? 'started' : 'search';
      expect(await start(approved)).toMatchObject({ kind });
    },
  );

  it('counts against its bound only what may have arrived', async () => {
    const approved = await approvedCall('keyed');
    for (let times = 0; times < 3; times += 1) {
      await record(approved, fenceOf(await start(approved)), learnedOf('not-sent'));
    }
    const inDoubt = () =>
      test.database.pool
        .query('SELECT dispatches, dispatches_in_doubt AS doubt FROM effect WHERE run_id = $1', [
          approved.runId,
        ])
        .then(({ rows }) => rows[0] as unknown);
    expect(await inDoubt()).toEqual({ dispatches: 3, doubt: 0 });
    await record(approved, fenceOf(await start(approved)), learnedOf('unknown'));
    await record(approved, fenceOf(await start(approved)), learnedOf('not-sent'));
    expect(await inDoubt()).toEqual({ dispatches: 5, doubt: 1 });
    await test.database.pool.query('UPDATE effect SET dispatches_in_doubt = $2 WHERE run_id = $1', [
      approved.runId,
      dispatchesPerEffect,
    ]);
    expect(await start(approved)).toMatchObject({ kind: 'parked' });
  });

  it('never sends one key with other arguments', async () => {
    const approved = await approvedCall('keyed');
    await record(approved, fenceOf(await start(approved)), learnedOf('not-sent'));
    await test.database.pool.query('UPDATE effect SET args_digest = $2 WHERE run_id = $1', [
      approved.runId,
      'f'.repeat(64),
    ]);
    expect(await start(approved)).toEqual({ kind: 'finished' });
    expect(await callOf(approved)).toMatchObject({ outcome: 'failed' });
    expect(await effectOf(approved)).toMatchObject({ attempts: 1 });
  });
});

const fenceOf = (started: { readonly kind: string }): number | null =>
  'fence' in started ? (started as { fence: number | null }).fence : null;
