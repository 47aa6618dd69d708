/** The ledger of effects (P3): what is known of each, moved under the run's lock by state and fence. */
import { canMove, type Resolution } from '../contracts/effect.js';
import type { CallId, Digest, EffectKey } from '../contracts/ids.js';
import { stepOf, type LedgerRow, type LedgerTerms } from '../contracts/ledger.js';
import { sendWithinMs } from '../contracts/retry-policies.js';
import { invariant } from '../runtime/belay-error.js';
import { effectKeyOf } from '../runtime/digest.js';
import type { OpenCallRow } from './calls.js';
import { beginSearch, parkEffect } from './effect-moves.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

export interface EffectRow extends LedgerRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly tool: string;
  readonly fence: number;
  readonly argsDigest: Digest;
  readonly externalRef: string | null;
  /** What a person said of it, who, and when. */
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly resolvedAt: string | null;
  readonly resolvedMessage: string | null;
  readonly keyId: string | null;
  readonly signature: string | null;
}

const columns = `key, call_id AS "callId", tool, class, state, fence, args_digest AS "argsDigest",
  external_ref AS "externalRef", dispatches_in_doubt AS "dispatchesInDoubt", absences,
  first_dispatched_at AS "firstDispatchedAt", settled_by AS "settledBy", resolution,
  resolved_by AS "resolvedBy", resolved_at AS "resolvedAt", resolved_message AS "resolvedMessage",
  resolution_key_id AS "keyId", resolution_signature AS signature`;

/** The effect of a call, if it has one. */
export const effectOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${columns} FROM effect WHERE tenant_id = $1 AND run_id = $2 AND call_id = $3`,
  tenantId,
  runId,
  callId,
];

/** The effects of a run that have no outcome, by key. */
export const openEffectsSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT ${columns} FROM effect WHERE tenant_id = $1 AND run_id = $2
     AND state IN ('intended', 'dispatched', 'unknown') ORDER BY key`,
  tenantId,
  runId,
];

/** What the tool and its retry policy say of this effect, pinned with the run. */
export interface EffectTerms extends LedgerTerms {
  readonly requestTimeoutMs: number;
  /** How long after a dispatch a search may still miss it. */
  readonly visibilityLagMs: number;
}

export type Dispatch =
  /** Committed as dispatched: the caller may send, before `sendWithinMs` has passed. */
  | { readonly kind: 'dispatched'; readonly key: EffectKey; readonly fence: number }
  /** The service is to be searched for it. */
  | { readonly kind: 'search'; readonly key: EffectKey; readonly fence: number }
  /** Another attempt may still be sending. */
  | { readonly kind: 'in-flight'; readonly waitMs: number }
  /** A kill switch is on: nothing is sent. */
  | { readonly kind: 'held' }
  /** Nobody may send: a person must say what became of it. */
  | { readonly kind: 'parked'; readonly key: EffectKey };

/**
 * The point of no return: what {@link stepOf} allows is written, and committed before the first
 * byte. A kill switch holds what would be sent, never a search.
 */
export function dispatchEffect(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow | undefined,
  terms: EffectTerms,
  isHeld: boolean,
): Dispatch {
  const { run, now } = transaction;
  if (effect === undefined) {
    if (isHeld) return { kind: 'held' };
    const key = effectKeyOf(run.tenantId, run.id, call.seq, call.tool);
    insertDispatched(transaction, call, key, terms);
    return { kind: 'dispatched', key, fence: 1 };
  }
  const { key } = effect;
  const step = stepOf(effect, terms, now);
  switch (step.kind) {
    case 'dispatch':
      if (isHeld) return { kind: 'held' };
      return redispatch(transaction, call, effect, terms);
    case 'search':
      return { kind: 'search', key, fence: beginSearch(transaction, effect) };
    case 'wait':
      return { kind: 'in-flight', waitMs: step.waitMs };
    case 'park':
      if (effect.state !== 'parked') parkEffect(transaction, effect, 'effect-outcome-unknown');
      return { kind: 'parked', key };
  }
}

/** Until when what is sent now may still be under way, or hidden from a search: milliseconds from now. */
const settledAfterMs = ({ requestTimeoutMs, visibilityLagMs }: EffectTerms): number =>
  sendWithinMs + requestTimeoutMs + visibilityLagMs;

function insertDispatched(
  { run, now, write, append }: RunTransaction,
  call: OpenCallRow,
  key: EffectKey,
  terms: EffectTerms,
): void {
  write(
    `INSERT INTO effect (tenant_id, key, run_id, call_id, tool, class, state, fence, args_digest,
       dispatches, dispatches_in_doubt, first_dispatched_at, dispatched_at, send_by, settled_by,
       updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'dispatched', 1, $7, 1, 1, $8, $8,
       $8::timestamptz + $9 * interval '1 millisecond',
       $8::timestamptz + $10 * interval '1 millisecond', $8)`,
    run.tenantId,
    key,
    run.id,
    call.id,
    call.tool,
    call.effect,
    call.argsDigest,
    now,
    sendWithinMs,
    settledAfterMs(terms),
  );
  append(dispatchedEvent(call, key, 1));
}

function redispatch(
  { run, now, write, append }: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  terms: EffectTerms,
): Dispatch {
  invariant(canMove(effect.state, 'dispatched'), `${effect.state} may be dispatched`);
  const fence = effect.fence + 1;
  write(
    `UPDATE effect SET state = 'dispatched', fence = $5, dispatches = dispatches + 1,
       dispatches_in_doubt = dispatches_in_doubt + 1,
       first_dispatched_at = coalesce(first_dispatched_at, $6), dispatched_at = $6,
       updated_at = $6,
       send_by = $6::timestamptz + $7 * interval '1 millisecond',
       settled_by = $6::timestamptz + $8 * interval '1 millisecond'
     WHERE tenant_id = $1 AND key = $2 AND state = $3 AND fence = $4`,
    run.tenantId,
    effect.key,
    effect.state,
    effect.fence,
    fence,
    now,
    sendWithinMs,
    settledAfterMs(terms),
  );
  append(dispatchedEvent(call, effect.key, fence));
  return { kind: 'dispatched', key: effect.key, fence };
}

const dispatchedEvent = (call: OpenCallRow, key: EffectKey, fence: number) =>
  ({
    type: 'effect-dispatched',
    key: `effect-dispatched:${key}:${fence}`,
    data: { key, callId: call.id, class: call.effect, fence, argsDigest: call.argsDigest },
  }) as const;
