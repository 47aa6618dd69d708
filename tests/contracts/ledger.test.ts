/** The law of the ledger against a tiny world outside: any attempts, in any order, at any time. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canMove, type EffectClass, type EffectState } from '../../contracts/effect.js';
import {
  isUncertain,
  stateAfter,
  stepOf,
  type LearnedKind,
  type LedgerRow,
  type LedgerTerms,
} from '../../contracts/ledger.js';
import { dispatchesPerEffect } from '../../contracts/limits.js';
import {
  keyRetentionMarginMs,
  searchWithinMs,
  sendWithinMs,
} from '../../contracts/retry-policies.js';

type Writing = Exclude<EffectClass, 'read'>;
const classes = ['idempotent', 'keyed', 'reconcilable', 'transactional', 'unsafe'] as const;

const hour = 3_600_000;
const day = 24 * hour;
const requestTimeoutMs = 10_000;
const visibilityLagMs = 5_000;
const keyRetentionMs = day + 2 * keyRetentionMarginMs;
const longestWaitMs = sendWithinMs + requestTimeoutMs + visibilityLagMs;
const terms: LedgerTerms = { keyRetentionMs, repeatWithinMs: day };

/** What truly becomes of a dispatch, and what its attempt learns of it; killed ones learn nothing. */
const attempts = {
  done: { happensAfterMs: 0, learned: 'done' },
  refused: { happensAfterMs: null, learned: 'refused' },
  'not-sent': { happensAfterMs: null, learned: 'not-sent' },
  'reply-lost': { happensAfterMs: 0, learned: 'unknown' },
  'never-arrived': { happensAfterMs: null, learned: 'unknown' },
  'killed-before': { happensAfterMs: null, learned: null },
  'killed-after': { happensAfterMs: 0, learned: null },
  /** The process is gone; its request arrives as late as one can. */
  'killed-late': { happensAfterMs: sendWithinMs + requestTimeoutMs - 1, learned: null },
  'given-up-late': { happensAfterMs: requestTimeoutMs - 1, learned: 'unknown' },
  'stored-failure': { happensAfterMs: 0, learned: 'failure-replayed' },
} as const satisfies Record<string, Attempt>;

interface Attempt {
  readonly happensAfterMs: number | null;
  readonly learned: LearnedKind | null;
}
interface Move {
  readonly attempt: keyof typeof attempts;
  readonly search: 'answered' | 'inconclusive';
  /** Time that passes before it. */
  readonly afterMs: number;
}

const move: fc.Arbitrary<Move> = fc.record({
  attempt: fc.constantFrom(...(Object.keys(attempts) as (keyof typeof attempts)[])),
  search: fc.constantFrom('answered', 'answered', 'inconclusive'),
  afterMs: fc.oneof(
    fc.constantFrom(0, 1, sendWithinMs, requestTimeoutMs),
    fc.integer({ min: 0, max: 30_000 }),
    fc.integer({ min: 0, max: 2 * day }),
  ),
});

/** The service: when it did it, and when it will do what is still on its way. */
interface World {
  /** The times at which it truly did it, past and to come. */
  readonly done: number[];
}

interface Scene {
  readonly class: Writing;
  readonly world: World;
  nowMs: number;
  row: LedgerRow;
}

const at = (ms: number): string => new Date(ms).toISOString();
const fresh = (its: Writing): LedgerRow => ({
  class: its,
  state: 'intended',
  dispatchesInDoubt: 0,
  absences: 0,
  firstDispatchedAt: null,
  settledBy: null,
});

/** The service's side of a request that arrives. One that takes keys does a known key no second time. */
function happen({ class: its, world }: Scene, whenMs: number): void {
  const isRemembered = world.done.some((ms) => Math.abs(whenMs - ms) < keyRetentionMs);
  if (its === 'keyed' && isRemembered) return;
  world.done.push(whenMs);
}

function to(scene: Scene, state: EffectState, changes: Partial<LedgerRow> = {}): void {
  hold(canMove(scene.row.state, state), () => `${scene.row.state} became ${state}`);
  scene.row = { ...scene.row, ...changes, state };
}

function dispatch(scene: Scene, name: keyof typeof attempts): void {
  const { row, nowMs } = scene;
  to(scene, 'dispatched', {
    dispatchesInDoubt: row.dispatchesInDoubt + 1,
    firstDispatchedAt: row.firstDispatchedAt ?? at(nowMs),
    settledBy: at(nowMs + longestWaitMs),
  });
  const { happensAfterMs, learned } = attempts[name];
  // In our own database nothing happens that was not recorded with it.
  const isRolledBack = scene.class === 'transactional' && learned !== 'done';
  if (happensAfterMs !== null && !isRolledBack) happen(scene, nowMs + happensAfterMs);
  if (learned !== null) learn(scene, learned);
}

function learn(scene: Scene, learned: LearnedKind): void {
  const state = stateAfter(scene.row, learned);
  const { dispatchesInDoubt } = scene.row;
  const isUnsent = learned === 'not-sent';
  to(
    scene,
    state,
    state === 'intended'
      ? forgotten
      : { dispatchesInDoubt: dispatchesInDoubt - (isUnsent ? 1 : 0) },
  );
}

function search(scene: Scene, { search: answer }: Move): void {
  if (scene.row.state === 'dispatched') to(scene, 'unknown');
  if (answer === 'inconclusive') return;
  const isThere = scene.world.done.some((ms) => ms + visibilityLagMs <= scene.nowMs);
  const lost = { ...forgotten, absences: scene.row.absences + 1 };
  to(scene, isThere ? 'confirmed' : 'intended', isThere ? {} : lost);
}

/** It certainly was not done. */
const forgotten = { firstDispatchedAt: null, dispatchesInDoubt: 0 };

const isOpen = ({ state }: LedgerRow): boolean =>
  ['intended', 'dispatched', 'unknown'].includes(state);

/** One attempt at the call, as the activity makes it. False where it has to wait. */
function act(scene: Scene, its: Move): boolean {
  const step = stepOf(scene.row, terms, at(scene.nowMs));
  switch (step.kind) {
    case 'dispatch':
      dispatch(scene, its.attempt);
      return true;
    case 'search':
      search(scene, its);
      return true;
    case 'wait':
      hold(step.waitMs > 0 && step.waitMs <= longestWaitMs, () => `waits ${step.waitMs} ms`);
      return false;
    case 'park':
      to(scene, 'parked');
      return true;
  }
}

/** What is never true, whatever has happened so far. */
function expectTrue({ class: its, row, world }: Scene): void {
  const times = world.done.length;
  const what = () => `${its} is ${row.state} and was done ${times} times`;
  if (its !== 'idempotent') hold(times <= 1, what);
  // Whoever is told that it was not done, or may start it anew, is told the truth.
  if (['intended', 'failed', 'absent'].includes(row.state)) hold(times === 0, what);
  if (row.state === 'confirmed') hold(times > 0, what);
}

/** As `expect`, a hundred times faster: it is asked some hundred thousand times. */
function hold(isSo: boolean, what: () => string): void {
  if (!isSo) throw new Error(what());
}

function play(its: Writing, moves: readonly Move[]): Scene {
  const scene: Scene = { class: its, world: { done: [] }, nowMs: 0, row: fresh(its) };
  for (const each of moves) {
    scene.nowMs += each.afterMs;
    if (!isOpen(scene.row)) break;
    act(scene, each);
    expectTrue(scene);
  }
  return scene;
}

const runs = { numRuns: 2_000 };
const moves = fc.array(move, { minLength: 1, maxLength: 12 });

describe('the law of the ledger', () => {
  it.each(classes)(
    '%s: never does it twice, and never says that it was not done when it was',
    (its) => {
      fc.assert(
        fc.property(moves, (sequence) => {
          play(its, sequence);
        }),
        runs,
      );
    },
  );

  it.each(classes)('%s: comes to an end by itself, or hands it to people', (its) => {
    const last: Move = { attempt: 'done', search: 'answered', afterMs: 0 };
    fc.assert(
      fc.property(moves, (sequence) => {
        const scene = play(its, sequence);
        for (let step = 0; isOpen(scene.row); step += 1) {
          hold(step < 6, () => `${scene.row.state} goes on for ever`);
          const next = stepOf(scene.row, terms, at(scene.nowMs));
          if (next.kind === 'wait') scene.nowMs += next.waitMs;
          act(scene, last);
          expectTrue(scene);
        }
        expect(['confirmed', 'failed', 'parked']).toContain(scene.row.state);
      }),
      runs,
    );
  });

  it.each(classes)(
    '%s: a call that has to end at any moment tells the truth of its effect',
    (its) => {
      fc.assert(
        fc.property(moves, (sequence) => {
          const scene = play(its, sequence);
          if (!isOpen(scene.row)) return;
          to(scene, isUncertain(scene.row) ? 'parked' : 'absent');
          expectTrue(scene);
        }),
        runs,
      );
    },
  );

  it('sends no effect more often than its bound while nobody knows whether it was done', () => {
    for (const its of ['keyed', 'idempotent'] as const) {
      const scene: Scene = { class: its, world: { done: [] }, nowMs: 0, row: fresh(its) };
      while (isOpen(scene.row)) {
        if (!act(scene, { attempt: 'never-arrived', search: 'answered', afterMs: 0 }))
          scene.nowMs += 1_000;
      }
      expect(scene.row).toMatchObject({ state: 'parked', dispatchesInDoubt: dispatchesPerEffect });
    }
  });

  it('searches for a lost effect for a day, and then asks people', () => {
    const scene: Scene = {
      class: 'reconcilable',
      world: { done: [] },
      nowMs: 0,
      row: fresh('reconcilable'),
    };
    dispatch(scene, 'reply-lost');
    scene.nowMs = searchWithinMs - 1;
    act(scene, { attempt: 'done', search: 'inconclusive', afterMs: 0 });
    expect(scene.row.state).toBe('unknown');
    scene.nowMs = searchWithinMs;
    act(scene, { attempt: 'done', search: 'answered', afterMs: 0 });
    expect(scene.row.state).toBe('parked');
  });
});
