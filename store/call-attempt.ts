/** What an attempt at a call learned, recorded under its fence. */
import type { CallResult } from '../contracts/activities.js';
import type { FailureCode } from '../contracts/failure.js';
import type { CallId } from '../contracts/ids.js';
import { stateAfter } from '../contracts/ledger.js';
import { invariant } from '../runtime/belay-error.js';
import { callSql, finishCall, noteRetry, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { noteLateResult, noteSearch, parkEffect, settleEffect } from './effect-moves.js';
import { effectOfCallSql, type EffectRow } from './effects.js';
import { keepResult } from './kept-results.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';
import { taintRun } from './taints.js';

/** What an attempt learned. `fence` is the one it was started with; null for reads. */
export type Learned =
  | {
      readonly kind: 'done';
      readonly result: string;
      /** The whole, where `result` shows only its ends. */
      readonly kept?: string;
      readonly externalRef: string | null;
      /** Strangers wrote it. */
      readonly taints?: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly message: string;
      /** It may hold strangers' words. */
      readonly taints?: boolean;
    }
  | { readonly kind: 'not-sent'; readonly code: FailureCode; readonly retryInMs: number }
  | { readonly kind: 'unknown'; readonly code: FailureCode; readonly retryInMs: number };

export type Recorded =
  | CallResult
  /** The attempt failed and another one follows after this delay. */
  | { readonly kind: 'retry'; readonly code: FailureCode; readonly retryInMs: number }
  /** A later attempt has taken over: what this one learned is not written. */
  | { readonly kind: 'superseded' };

/** Records what an attempt learned, in one transaction with the call's outcome and its events. */
export async function recordAttempt(
  database: Database,
  address: RunAddress,
  callId: CallId,
  fence: number | null,
  learned: Learned,
): Promise<Recorded> {
  const reads = [callSql(address, callId), effectOfCallSql(address, callId)];
  const recorded = await inRun(database, address, reads, (transaction, rows): Recorded => {
    const [[call], [effect]] = rows as [OpenCallRow[], EffectRow[]];
    invariant(call !== undefined, 'a call that was started has a row');
    if (call.state === 'finished') {
      // Whoever ended it could not know what this attempt still did.
      if (effect !== undefined && effect.fence !== fence) {
        noteLateResult(transaction, effect, fence ?? 0, learned);
      }
      return { kind: 'finished' };
    }
    if (effect === undefined) return recordCall(transaction, call, learned);
    if (effect.fence !== fence || effect.state !== 'dispatched') {
      noteLateResult(transaction, effect, fence ?? 0, learned);
      const isParked = effect.state === 'parked';
      return isParked ? { kind: 'parked', effectKey: effect.key } : { kind: 'superseded' };
    }
    return recordEffect(transaction, call, effect, learned);
  });
  invariant(recorded !== null, 'a call that was started has a run');
  return recorded;
}

/** The call's side of what was learned: its outcome, or the next attempt. */
function recordCall(transaction: RunTransaction, call: OpenCallRow, learned: Learned): Recorded {
  switch (learned.kind) {
    case 'done':
      if (learned.taints === true) taintRun(transaction, call);
      if (learned.kept !== undefined) keepResult(transaction, call.id, learned.kept);
      finishCall(transaction, call, 'succeeded', learned.result, null);
      return { kind: 'finished' };
    case 'refused':
      if (learned.taints === true) taintRun(transaction, call);
      finishCall(transaction, call, 'failed', learned.message, null);
      return { kind: 'finished' };
    case 'not-sent':
    case 'unknown':
      return retry(transaction, call, learned.code, learned.retryInMs);
  }
}

function retry(
  transaction: RunTransaction,
  call: OpenCallRow,
  code: FailureCode,
  retryInMs: number,
): Recorded {
  noteRetry(transaction, call, code, retryInMs);
  return { kind: 'retry', code, retryInMs };
}

/** Writes what {@link stateAfter} makes of it, with the outcome of the call where there is one now. */
export function recordEffect(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  learned: Learned,
): Recorded {
  const code = 'code' in learned ? learned.code : 'tool-refused';
  const state = stateAfter(effect, isStored(learned) ? 'failure-replayed' : learned.kind);
  if (state === 'parked') {
    parkEffect(transaction, effect, learned.kind === 'refused' ? 'effect-outcome-unknown' : code);
    return { kind: 'parked', effectKey: effect.key };
  }
  const externalRef = learned.kind === 'done' ? learned.externalRef : null;
  const isUnsent = learned.kind === 'not-sent';
  settleEffect(transaction, effect, state, { externalRef, code, isUnsent });
  return recordCall(transaction, call, learned);
}

/** The service keeps a failure under our key: asking again can teach nothing. */
const isStored = (learned: Learned): boolean =>
  learned.kind === 'unknown' && learned.code === 'effect-failure-stored';

/** What a search learned, under the fence that it was begun with. */
export type Found =
  | {
      readonly kind: 'found';
      readonly result: string;
      readonly kept?: string;
      readonly externalRef: string | null;
      /** Strangers wrote it. */
      readonly taints?: boolean;
    }
  | { readonly kind: 'absent' }
  | { readonly kind: 'inconclusive'; readonly code: FailureCode; readonly retryInMs: number };

/**
 * Records what a search found: it is adopted; or it is free to be sent again, through the same gates
 * as the first time; or it is searched for again later.
 */
export async function recordSearch(
  database: Database,
  address: RunAddress,
  callId: CallId,
  fence: number,
  found: Found,
): Promise<Recorded | { readonly kind: 'absent' }> {
  const reads = [callSql(address, callId), effectOfCallSql(address, callId)];
  const recorded = await inRun(database, address, reads, (transaction, rows) => {
    const [[call], [effect]] = rows as [OpenCallRow[], EffectRow[]];
    invariant(call !== undefined && effect !== undefined, 'a lost effect has its rows');
    if (call.state === 'finished') return { kind: 'finished' } as const;
    if (effect.fence !== fence || effect.state !== 'unknown')
      return { kind: 'superseded' } as const;
    noteSearch(transaction, effect, found.kind);
    switch (found.kind) {
      case 'found':
        settleEffect(transaction, effect, 'confirmed', found);
        return recordCall(transaction, call, { ...found, kind: 'done' });
      case 'absent':
        settleEffect(transaction, effect, 'intended');
        return { kind: 'absent' } as const;
      case 'inconclusive':
        return retry(transaction, call, found.code, found.retryInMs);
    }
  });
  invariant(recorded !== null, 'a lost effect has a run');
  return recorded;
}
