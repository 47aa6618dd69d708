/** The ledger of effects (P3): what is known of each, moved under the run's lock by state and fence. */
import {
  canMove,
  type EffectClass,
  type EffectState,
  type Resolution,
} from '../contracts/effect.js';
import type { FailureCode } from '../contracts/failure.js';
import type { CallId, Digest, EffectKey } from '../contracts/ids.js';
import { keyRetentionMarginMs, sendWithinMs } from '../contracts/retry-policies.js';
import { invariant } from '../runtime/belay-error.js';
import { effectKeyOf } from '../runtime/digest.js';
import type { OpenCallRow } from './calls.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

export interface EffectRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly tool: string;
  readonly class: EffectClass;
  readonly state: EffectState;
  readonly fence: number;
  readonly argsDigest: Digest;
  readonly externalRef: string | null;
  readonly firstDispatchedAt: string | null;
  readonly dispatchedAt: string | null;
  /** What a person said of it, who, and when. */
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly resolvedAt: string | null;
}

const columns = `key, call_id AS "callId", tool, class, state, fence, args_digest AS "argsDigest",
  external_ref AS "externalRef", first_dispatched_at AS "firstDispatchedAt",
  dispatched_at AS "dispatchedAt", resolution, resolved_by AS "resolvedBy",
  resolved_at AS "resolvedAt"`;

/** The effect of a call, if it has one. */
export const effectOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${columns} FROM effect WHERE tenant_id = $1 AND run_id = $2 AND call_id = $3`,
  tenantId,
  runId,
  callId,
];

export type Dispatch =
  /** Committed as dispatched: the caller may send, before `sendWithinMs` has passed. */
  | { readonly kind: 'dispatched'; readonly key: EffectKey; readonly fence: number }
  /** Another attempt may still be sending. */
  | { readonly kind: 'in-flight'; readonly waitMs: number }
  /** Nobody may send: a person must say what became of it. */
  | { readonly kind: 'parked'; readonly key: EffectKey };

/**
 * The point of no return. First time: the row is made and dispatched. Found dispatched or unknown,
 * `keyed` is taken over under a new fence while the service remembers the key; every other class
 * waits until the earlier attempt can't be sending any more, and is then parked.
 */
export function dispatchEffect(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow | undefined,
  tool: { readonly keyRetentionMs: number | null; readonly requestTimeoutMs: number },
): Dispatch {
  const { run, now } = transaction;
  if (effect === undefined) {
    const key = effectKeyOf(run.tenantId, run.id, call.seq, call.tool);
    insertDispatched(transaction, call, key);
    return { kind: 'dispatched', key, fence: 1 };
  }
  invariant(effect.argsDigest === call.argsDigest, 'an effect key has one digest');
  if (effect.state === 'parked') return { kind: 'parked', key: effect.key };
  if (effect.state === 'intended' || isRepeatable(effect, tool.keyRetentionMs, now)) {
    return redispatch(transaction, call, effect);
  }
  const sentUntil = Date.parse(effect.dispatchedAt ?? now) + sendWithinMs + tool.requestTimeoutMs;
  const waitMs = sentUntil - Date.parse(now);
  if (effect.state === 'dispatched' && effect.class !== 'keyed' && waitMs > 0) {
    return { kind: 'in-flight', waitMs };
  }
  parkEffect(transaction, effect, 'effect-outcome-unknown');
  return { kind: 'parked', key: effect.key };
}

/**
 * Whether an earlier dispatch than the last may have had its effect. What the last attempt learned
 * (not sent, refused) then says nothing about the effect as a whole.
 */
export const isUncertainBefore = ({ firstDispatchedAt, dispatchedAt }: EffectRow): boolean =>
  firstDispatchedAt !== null && firstDispatchedAt !== dispatchedAt;

/** A keyed effect may be sent again while its service surely remembers the key. */
function isRepeatable(effect: EffectRow, keyRetentionMs: number | null, now: string): boolean {
  if (effect.class !== 'keyed' || keyRetentionMs === null) return false;
  if (effect.state !== 'dispatched' && effect.state !== 'unknown') return false;
  const first = Date.parse(effect.firstDispatchedAt ?? now);
  return Date.parse(now) < first + keyRetentionMs - keyRetentionMarginMs;
}

function insertDispatched(
  { run, now, write, append }: RunTransaction,
  call: OpenCallRow,
  key: EffectKey,
): void {
  write(
    `INSERT INTO effect (tenant_id, key, run_id, call_id, tool, class, state, fence, args_digest,
       dispatches, first_dispatched_at, dispatched_at, send_by, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, 'dispatched', 1, $7, 1, $8, $8,
       $8::timestamptz + $9 * interval '1 millisecond', $8)`,
    run.tenantId,
    key,
    run.id,
    call.id,
    call.tool,
    call.effect,
    call.argsDigest,
    now,
    sendWithinMs,
  );
  append(dispatchedEvent(call, key, 1));
}

function redispatch(
  { run, now, write, append }: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
): Dispatch {
  invariant(canMove(effect.state, 'dispatched'), `${effect.state} may be dispatched`);
  const fence = effect.fence + 1;
  write(
    `UPDATE effect SET state = 'dispatched', fence = $5, dispatches = dispatches + 1,
       first_dispatched_at = coalesce(first_dispatched_at, $6), dispatched_at = $6,
       updated_at = $6,
       send_by = $6::timestamptz + $7 * interval '1 millisecond'
     WHERE tenant_id = $1 AND key = $2 AND state = $3 AND fence = $4`,
    run.tenantId,
    effect.key,
    effect.state,
    effect.fence,
    fence,
    now,
    sendWithinMs,
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

/**
 * Moves a dispatched effect to what its attempt learned. `intended` means: certainly never sent, so
 * the service's memory of the key has not begun.
 */
export function settleEffect(
  { run, now, write, append }: RunTransaction,
  effect: EffectRow,
  to: 'confirmed' | 'failed' | 'unknown' | 'intended',
  about: { readonly externalRef?: string | null; readonly code?: FailureCode },
): void {
  invariant(canMove(effect.state, to), `${effect.state} may become ${to}`);
  write(
    `UPDATE effect SET state = $5, external_ref = coalesce($6, external_ref), updated_at = $7,
       first_dispatched_at = CASE WHEN $5 = 'intended' THEN NULL ELSE first_dispatched_at END
     WHERE tenant_id = $1 AND key = $2 AND state = $3 AND fence = $4`,
    run.tenantId,
    effect.key,
    effect.state,
    effect.fence,
    to,
    about.externalRef ?? null,
    now,
  );
  const { key, callId } = effect;
  const code = about.code ?? 'tool-failed';
  const eventKey = `effect-${to}:${key}:${effect.fence}`;
  if (to === 'confirmed') {
    const data = { key, callId, externalRef: about.externalRef ?? null };
    append({ type: 'effect-confirmed', key: eventKey, data });
  } else if (to === 'failed') {
    append({ type: 'effect-failed', key: eventKey, data: { key, callId, code } });
  } else if (to === 'unknown') {
    append({ type: 'effect-unknown', key: eventKey, data: { key, callId, code } });
  }
}

/**
 * Hands an effect whose outcome is unknown to people. The fence grows, so that an attempt that is
 * still alive can't write its late result. Its call waits for the answer.
 */
export function parkEffect(
  { run, now, write, append }: RunTransaction,
  effect: Pick<EffectRow, 'key' | 'callId' | 'state'>,
  code: FailureCode,
): void {
  const { key, callId } = effect;
  if (effect.state === 'dispatched') {
    append({ type: 'effect-unknown', key: `effect-unknown:${key}`, data: { key, callId, code } });
  }
  write(
    `UPDATE effect SET state = 'parked', fence = fence + 1, parked_at = $3, updated_at = $3
     WHERE tenant_id = $1 AND key = $2 AND state IN ('dispatched', 'unknown')`,
    run.tenantId,
    key,
    now,
  );
  write(
    `UPDATE call SET state = 'parked', retry = NULL
     WHERE tenant_id = $1 AND id = $2 AND state <> 'finished'`,
    run.tenantId,
    callId,
  );
  append({ type: 'effect-parked', key: `effect-parked:${key}`, data: { key, callId, code } });
}
