/** Every two writers of a run against each other: no deadlock, and no error but a documented one. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EffectClass } from '../../contracts/effect.js';
import type { ApprovalId, CallId, EffectKey } from '../../contracts/ids.js';
import { BelayError } from '../../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { newRunId } from '../../runtime/ids.js';
import { recordAttempt, recordSearch, type Learned } from '../../store/call-attempt.js';
import { settleApproval, settleCall } from '../../store/call-settlement.js';
import { resolveEffect } from '../../store/resolutions.js';
import { startCall } from '../../store/call-start.js';
import { readEvents } from '../../store/events.js';
import { noteEngineRun, redeliverStart } from '../../store/open-runs.js';
import { acknowledge, claimOutbox, refuse } from '../../store/outbox.js';
import { closeRun, openRun, recordEngineCancel, requestCancel } from '../../store/run-lifecycle.js';
import type { RunAddress } from '../../store/run-transaction.js';
import { transactionalEffect } from '../../store/transactional-effect.js';
import { commitTurn, type JudgedCall } from '../../store/turn-commit.js';
import { beginTurnAttempt, noteTurnRetry } from '../../store/turns.js';
import { askedQuestion } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';
import { signWord, vote } from '../support/votes.js';
import { tell } from './figures.js';
import { cases } from './size.js';
import { plainTurn } from '../support/plain-turn.js';

jest.setTimeout(7_200_000);

/** How often each two meet. */
const meetings = cases(10, 1_000);
/** As often they meet on one run; then on the next. */
const meetingsPerRun = 10;
/** No writer waits longer for another; it would hang. */
const withinMs = 20_000;

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

/** A run that stands in the middle of everything. */
interface Scene {
  readonly address: RunAddress;
  /** The call of each class; the unsafe one's effect is parked. */
  readonly calls: Readonly<Record<Exclude<EffectClass, 'read'>, CallId>>;
  readonly asked: { readonly callId: CallId; readonly approvalId: ApprovalId };
  readonly parked: EffectKey;
}

const callOf = (effect: EffectClass, verdict: 'allow' | 'ask' = 'allow'): JudgedCall => {
  const args = { verdict, effect };
  return {
    modelCallId: 'toolu_1',
    tool: effect,
    title: effect,
    args: canonicalJson(args),
    argsDigest: digestOf(args),
    effect,
    retryPolicy: 'desk',
    // The same thing in every run.
    business: { scope: 'tenant', key: digestOf(effect) },
    verdict,
    question: askedQuestion,
    ruleInputs: null,
    previews: false,
    refusal: null,
  };
};
const classes = ['idempotent', 'keyed', 'reconcilable', 'transactional', 'unsafe'] as const;
const allowed = { ...terms, verdict: 'allow' } as const;
/** Where the same thing was done before, and may be done again. */
const claiming = { ...allowed, repeats: { withinMs: 0, onRepeat: 'reuse' } } as const;
/** Where the same thing done by another run is asked about, and its claim is taken over. */
const repeating = { ...allowed, repeats: { withinMs: 1, onRepeat: 'reuse' } } as const;
const done: Learned = { kind: 'done', result: '{}', externalRef: 're_1' };
const lost: Learned = { kind: 'unknown', code: 'tool-unreachable', retryInMs: 1 };

async function stage(): Promise<Scene> {
  const address = { tenantId: 'default', runId: await queueRun(test.database) };
  await openRun(test.database, address, `engine-${address.runId}`);
  const planned = [...classes.map((each) => callOf(each)), callOf('keyed', 'ask')];
  const turn = await commitTurn(test.database, address, plainTurn(1, { calls: planned }));
  if (turn.kind !== 'committed') throw new Error('The turn is committed');
  const asked = turn.calls.find(({ approval }) => approval !== null);
  const calls = Object.fromEntries(
    classes.map((each, index) => [each, turn.calls[index]!.callId]),
  ) as unknown as Scene['calls'];
  const { unsafe, reconcilable } = calls;
  const sent = await startCall(test.database, address, unsafe, claiming);
  const parked = await recordAttempt(test.database, address, unsafe, fenceOf(sent), lost);
  if (parked.kind !== 'parked' || asked?.approval == null) {
    throw new Error(`It is not set up: ${JSON.stringify({ sent, parked, asked: turn.calls })}`);
  }
  await startCall(test.database, address, reconcilable, claiming);
  await test.database.pool.query('UPDATE effect SET settled_by = now() WHERE run_id = $1', [
    address.runId,
  ]);
  const { approvalId } = asked.approval;
  return { address, calls, asked: { callId: asked.callId, approvalId }, parked: parked.effectKey };
}

const fenceOf = (start: { readonly kind: string }): number =>
  'fence' in start && typeof start.fence === 'number' ? start.fence : 0;

type Writer = (scene: Scene) => Promise<unknown>;

/** Every way in which somebody writes to a run. */
const writers: Readonly<Record<string, Writer>> = {
  start: ({ address, calls }) => startCall(test.database, address, calls.keyed, repeating),
  record: async ({ address, calls }) => {
    const start = await startCall(test.database, address, calls.keyed, repeating);
    await recordAttempt(test.database, address, calls.keyed, fenceOf(start), done);
  },
  search: async ({ address, calls }) => {
    const start = await startCall(test.database, address, calls.reconcilable, allowed);
    const found = { kind: 'inconclusive', code: 'tool-unreachable', retryInMs: 1 } as const;
    await recordSearch(test.database, address, calls.reconcilable, fenceOf(start), found);
  },
  transact: async ({ address, calls }) => {
    const start = await startCall(test.database, address, calls.transactional, allowed);
    if (start.kind !== 'started') return;
    await transactionalEffect(
      test.database,
      address,
      calls.transactional,
      fenceOf(start),
      async () => done,
    );
  },
  decide: ({ asked }) => vote(test.database, asked.approvalId, 'ana', 'reject'),
  settleApproval: ({ address, asked }) =>
    settleApproval(test.database, address, asked.callId, asked.approvalId),
  settleCall: ({ address, calls }) =>
    settleCall(test.database, address, calls.idempotent, 'tool-unavailable', () => true),
  resolve: ({ parked }) =>
    resolveEffect(test.database, {
      tenantId: 'default',
      effectKey: parked,
      by: 'otto',
      outcome: 'absent',
      externalRef: null,
      message: 'looked',
      key: null,
      sign: signWord,
    }),
  cancel: ({ address }) =>
    requestCancel(test.database, address, { by: 'otto', reason: null }, null),
  engineCancel: ({ address }) => recordEngineCancel(test.database, address),
  close: ({ address }) => closeRun(test.database, address, { status: 'failed', code: 'internal' }),
  commitTurn: ({ address }) =>
    commitTurn(test.database, address, plainTurn(2, { calls: [callOf('keyed')] })),
  turnRetry: async ({ address }) => {
    const about = { turn: 2, attempt: 1, code: 'model-overloaded', delayMs: 1 } as const;
    await noteTurnRetry(test.database, address, about);
    await beginTurnAttempt(test.database, address);
  },
  open: ({ address }) => openRun(test.database, address, `engine-${address.runId}`),
  reset: ({ address }) => noteEngineRun(test.database, address, newRunId(), { reason: null }),
  redeliver: ({ address }) => redeliverStart(test.database, address),
  deliver: async () => {
    for (const row of await claimOutbox(test.database, 4)) {
      if (row.id % 2 === 0) await acknowledge(test.database, row, randomUUID());
      else await refuse(test.database, row, 'test', 1);
    }
  },
};

/** What a caller was told that is no documented refusal; null of everything else. */
async function unexpectedOf(writing: Promise<unknown>): Promise<unknown> {
  const late = wait(withinMs, 'late', { ref: false });
  try {
    return (await Promise.race([writing.then(() => null), late])) ?? null;
  } catch (error) {
    if (error instanceof BelayError && error.code !== 'internal') return null;
    return error;
  }
}

const names = Object.keys(writers);
const pairs = names.flatMap((left, index) =>
  names.slice(index).map((right) => [left, right] as const),
);

describe('two writers of one run at once', () => {
  it('never deadlock, and tell their callers nothing but documented refusals', async () => {
    const unexpected: string[] = [];
    let runs = 0;
    for (const [left, right] of pairs) {
      let scenes: readonly Scene[] = [];
      for (let meeting = 0; meeting < meetings; meeting += 1) {
        if (meeting % meetingsPerRun === 0) {
          // The second has the same business keys: its writers meet those of the first at the claims.
          scenes = [await stage(), await stage()];
          runs += 2;
        }
        const [scene, twin] = scenes as [Scene, Scene];
        const together = [writers[left]!(scene), writers[right]!(scene), writers[right]!(twin)];
        const told = await Promise.all(together.map(unexpectedOf));
        for (const each of told) {
          if (each !== null) unexpected.push(`${left}, ${right}: ${String(each)}`);
        }
      }
      for (const { address } of scenes) {
        const events = (await readEvents(test.database, address, 0, 1_000))!;
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      }
    }
    const { rows } = await test.database.pool.query<{ deadlocks: number }>(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    tell({
      scenario: 'ledger: writers in pairs',
      seed: 0,
      cases: pairs.length * meetings,
      runs,
      lost: unexpected.length,
      duplicated: 0,
      note: `${pairs.length} pairs, ${meetings} times each; deadlocks undone by Postgres: ${rows[0]?.deadlocks}`,
    });
    expect(unexpected).toEqual([]);
  });
});
