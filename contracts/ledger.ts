/**
 * The law of the ledger (P3): what may be done next with an effect, from its row, its tool's terms and
 * Postgres's clock alone. Pure; the store carries it out and nobody else decides.
 */
import type { EffectClass, EffectState } from './effect.js';
import { absencesPerEffect, dispatchesPerEffect } from './limits.js';
import { keyRetentionMarginMs, searchWithinMs } from './retry-policies.js';

/** A ledger row, as far as the law needs it. Times are RFC 3339. */
export interface LedgerRow {
  readonly class: EffectClass;
  readonly state: EffectState;
  /** Dispatches that may have arrived, the last one included; 0 while it certainly was not done. */
  readonly dispatchesInDoubt: number;
  /** How often a search did not find what had been sent. */
  readonly absences: number;
  /** The first of them; null while there is none. */
  readonly firstDispatchedAt: string | null;
  /** Until then the last dispatch may still be under way, or its trace not yet to be found. */
  readonly settledBy: string | null;
}

/** What a tool and its retry policy say, as the run has them pinned. */
export interface LedgerTerms {
  /** How long the service remembers a key; only for `keyed`. */
  readonly keyRetentionMs: number | null;
  /** How long after its first dispatch an effect is repeated at all. */
  readonly repeatWithinMs: number;
}

export type LedgerStep =
  /** It may be sent now, under the next fence. */
  | { readonly kind: 'dispatch' }
  /** The service is to be searched for it. */
  | { readonly kind: 'search' }
  /** An earlier attempt may still be sending, or the service still at it. */
  | { readonly kind: 'wait'; readonly waitMs: number }
  /** Only a person can say what became of it. */
  | { readonly kind: 'park' };

/** What an attempt may do with an effect that has no outcome yet. */
export function stepOf(row: LedgerRow, terms: LedgerTerms, now: string): LedgerStep {
  if (row.state === 'intended') return { kind: 'dispatch' };
  if (row.state !== 'dispatched' && row.state !== 'unknown') return { kind: 'park' };
  const nowMs = Date.parse(now);
  const sinceFirstMs = nowMs - Date.parse(row.firstDispatchedAt ?? now);
  const waitMs = Date.parse(row.settledBy ?? now) - nowMs;
  const isTooOften = row.dispatchesInDoubt >= dispatchesPerEffect;
  switch (row.class) {
    case 'transactional':
      // Had it happened, its row would say so: both are one transaction.
      return { kind: 'dispatch' };
    case 'keyed': {
      const remembersMs = (terms.keyRetentionMs ?? 0) - keyRetentionMarginMs;
      const isOver = sinceFirstMs >= Math.min(remembersMs, terms.repeatWithinMs);
      return isOver || isTooOften ? { kind: 'park' } : { kind: 'dispatch' };
    }
    case 'idempotent':
      if (waitMs > 0) return { kind: 'wait', waitMs };
      return isTooOften || sinceFirstMs >= terms.repeatWithinMs
        ? { kind: 'park' }
        : { kind: 'dispatch' };
    case 'reconcilable':
      if (waitMs > 0) return { kind: 'wait', waitMs };
      // A service that loses everything may also be one that finds nothing.
      return isTooOften || row.absences >= absencesPerEffect || sinceFirstMs >= searchWithinMs
        ? { kind: 'park' }
        : { kind: 'search' };
    case 'unsafe':
    case 'read':
      return row.state === 'dispatched' && waitMs > 0 ? { kind: 'wait', waitMs } : { kind: 'park' };
  }
}

/** What an attempt learned of the outside, as far as the law needs it. */
export type LearnedKind = 'done' | 'refused' | 'not-sent' | 'unknown' | 'failure-replayed';

/** The state that a dispatched effect moves to by what its attempt learned; `parked` hands it to people. */
export function stateAfter(
  row: LedgerRow,
  learned: LearnedKind,
): Extract<EffectState, 'confirmed' | 'failed' | 'intended' | 'unknown' | 'parked'> {
  const isRepeatable = row.class === 'keyed' || row.class === 'idempotent';
  switch (learned) {
    case 'done':
      return 'confirmed';
    case 'refused':
      // A refusal now says nothing about an earlier dispatch whose answer was lost.
      return isUncertainBefore(row) ? 'parked' : 'failed';
    case 'not-sent':
      if (!isUncertainBefore(row)) return 'intended';
      return isRepeatable ? 'unknown' : 'parked';
    case 'failure-replayed':
      // Asking again would teach nothing: the service keeps answering with a failure it stored.
      return 'parked';
    case 'unknown':
      // Its transaction was rolled back.
      if (row.class === 'transactional') return 'intended';
      return isRepeatable || row.class === 'reconcilable' ? 'unknown' : 'parked';
  }
}

/**
 * Whether an earlier dispatch than the last may have had its effect. What the last attempt learned
 * (not sent, refused) then says nothing about the effect as a whole.
 */
const isUncertainBefore = ({ dispatchesInDoubt, class: its }: LedgerRow): boolean =>
  its !== 'transactional' && dispatchesInDoubt > 1;

/** Whether an effect that may have happened is given to people when its call has to end. */
export const isUncertain = ({ state, class: its }: Pick<LedgerRow, 'state' | 'class'>): boolean =>
  its !== 'transactional' && (state === 'dispatched' || state === 'unknown');
