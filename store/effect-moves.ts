/** Moves of a ledger row after its dispatch, each with its event, by compare-and-set on state and fence. */
import { canMove, type EffectState } from '../contracts/effect.js';
import type { EventData } from '../contracts/event.js';
import type { FailureCode } from '../contracts/failure.js';
import { isUncertain } from '../contracts/ledger.js';
import { invariant } from '../runtime/belay-error.js';
import type { EffectRow } from './effects.js';
import type { RunTransaction } from './run-transaction.js';

/** From here on no earlier attempt can write what it learns. Returns the fence of the search. */
export function beginSearch(
  { run, now, write, append }: RunTransaction,
  effect: EffectRow,
): number {
  const { key, callId, state, fence } = effect;
  write(
    `UPDATE effect SET state = 'unknown', fence = fence + 1, updated_at = $5
     WHERE tenant_id = $1 AND key = $2 AND state = $3 AND fence = $4`,
    run.tenantId,
    key,
    state,
    fence,
    now,
  );
  if (state === 'dispatched') {
    const code = 'effect-outcome-unknown';
    append({
      type: 'effect-unknown',
      key: `effect-unknown:${key}:${fence}`,
      data: { key, callId, code },
    });
  }
  return fence + 1;
}

/** What a move of {@link settleEffect} is told with. */
interface Settlement {
  readonly externalRef?: string | null;
  readonly code?: FailureCode;
  /** The last dispatch certainly was not sent; an earlier one may have been. */
  readonly isUnsent?: boolean;
}

/**
 * Moves an effect to what an attempt or a search learned. `intended` means: certainly not there, so
 * the service's memory of the key has not begun.
 */
export function settleEffect(
  { run, now, write, append }: RunTransaction,
  effect: EffectRow,
  to: Exclude<EffectState, 'dispatched' | 'parked' | 'compensated'>,
  { externalRef = null, code = 'tool-failed', isUnsent = false }: Settlement = {},
): void {
  invariant(canMove(effect.state, to), `${effect.state} may become ${to}`);
  write(
    `UPDATE effect SET state = $5, external_ref = coalesce($6, external_ref), updated_at = $7,
       first_dispatched_at = CASE WHEN $5 = 'intended' THEN NULL ELSE first_dispatched_at END,
       dispatches_in_doubt =
         CASE WHEN $5 = 'intended' THEN 0 ELSE dispatches_in_doubt - $8::int END,
       absences = absences + CASE WHEN $5 = 'intended' AND $3 = 'unknown' THEN 1 ELSE 0 END
     WHERE tenant_id = $1 AND key = $2 AND state = $3 AND fence = $4`,
    run.tenantId,
    effect.key,
    effect.state,
    effect.fence,
    to,
    externalRef,
    now,
    isUnsent ? 1 : 0,
  );
  const { key, callId } = effect;
  const eventKey = `effect-${to}:${key}:${effect.fence}`;
  switch (to) {
    case 'confirmed':
      return append({
        type: 'effect-confirmed',
        key: eventKey,
        data: { key, callId, externalRef },
      });
    case 'failed':
      return append({ type: 'effect-failed', key: eventKey, data: { key, callId, code } });
    case 'unknown':
      return append({ type: 'effect-unknown', key: eventKey, data: { key, callId, code } });
    case 'absent':
      return append({ type: 'effect-absent', key: eventKey, data: { key, callId } });
    case 'intended':
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
    `UPDATE effect SET state = 'parked', fence = fence + 1, parked_at = $3, parked_code = $4,
       updated_at = $3
     WHERE tenant_id = $1 AND key = $2 AND state IN ('dispatched', 'unknown')`,
    run.tenantId,
    key,
    now,
    code,
  );
  write(
    `UPDATE call SET state = 'parked', retry = NULL
     WHERE tenant_id = $1 AND id = $2 AND state <> 'finished'`,
    run.tenantId,
    callId,
  );
  append({ type: 'effect-parked', key: `effect-parked:${key}`, data: { key, callId, code } });
}

/** Says whether an effect has no outcome and waits for nobody. */
export const isOpen = ({ state }: EffectRow): boolean =>
  state === 'intended' || state === 'dispatched' || state === 'unknown';

/** Gives an effect whose call ends without it its last state: parked where it may have happened. */
export function closeEffect(transaction: RunTransaction, effect: EffectRow): 'absent' | 'parked' {
  if (isUncertain(effect)) {
    parkEffect(transaction, effect, 'effect-outcome-unknown');
    return 'parked';
  }
  settleEffect(transaction, effect, 'absent');
  return 'absent';
}

type LateOutcome = EventData['effect-late-result']['outcome'];

/** Tells people what an attempt says that was given up meanwhile. It changes nothing (the fence). */
export function noteLateResult(
  { append }: RunTransaction,
  { key, callId }: EffectRow,
  fence: number,
  late: { readonly kind: LateOutcome; readonly externalRef?: string | null },
): void {
  const data = { key, callId, fence, outcome: late.kind, externalRef: late.externalRef ?? null };
  append({ type: 'effect-late-result', key: `effect-late-result:${key}:${fence}`, data });
}

/** Tells what a search under this effect's fence found. */
export function noteSearch(
  { append }: RunTransaction,
  { key, callId, fence }: EffectRow,
  finding: EventData['effect-searched']['finding'],
): void {
  append({
    type: 'effect-searched',
    key: `effect-searched:${key}:${fence}`,
    data: { key, callId, finding },
  });
}

/** The workflow has heard the answer: its delivery is over. */
export function takeResolution(
  { run, writeAny }: RunTransaction,
  effect: EffectRow | undefined,
): void {
  if (effect === undefined) return;
  writeAny(
    `UPDATE outbox SET state = 'done', claim_token = NULL
     WHERE tenant_id = $1 AND run_id = $2 AND kind = 'effectResolved' AND subject = $3`,
    run.tenantId,
    run.id,
    effect.key,
  );
}
