/** Uses of standing grants: reserved with the plan of a call, freed if nothing is sent (P4). */
import { takeUses, type TakenUse } from '../contracts/granting.js';
import type { GrantId } from '../contracts/ids.js';
import { effectKeyOf } from '../runtime/digest.js';
import type { OpenCallRow } from './calls.js';
import type { GrantRow } from './grants.js';
import type { RunTransaction } from './run-transaction.js';

/** A call that is planned, with the grants that cover it: read before the lock. */
interface CoveredCall {
  readonly grants?: readonly GrantId[];
}

/**
 * The uses that calls take, in their order, of grants that are locked. What was made another question
 * than its rule's, such as the same call again, is no call that a grant was offered to; and a run
 * that has read what strangers wrote takes none.
 */
export function takeGrants<Call extends CoveredCall>(
  { run }: RunTransaction,
  offered: readonly Call[],
  judged: readonly Call[],
  grants: readonly GrantRow[],
): readonly (TakenUse | null)[] {
  const isOffered = (call: Call, index: number): boolean =>
    call === offered[index] && run.taintedAt === null;
  const wishes = judged.map((call, index) =>
    isOffered(call, index) ? (call.grants ?? []) : ([] as const),
  );
  const counted = grants.map((grant) => ({ ...grant, isLive: isLive(grant) }));
  return takeUses(wishes, counted);
}

const isLive = ({ isActive, isRevoked, isExpired }: GrantRow): boolean =>
  isActive && !isRevoked && !isExpired;

/** Reserves a use for a call whose row has been written. Its grant is locked. */
export function reserveUse(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'seq' | 'tool'>,
  { grantId, used, uses }: TakenUse,
): void {
  write(
    `UPDATE standing_grant SET used = used + 1
     WHERE tenant_id = $1 AND id = $2 AND used < uses AND revoked_at IS NULL`,
    run.tenantId,
    grantId,
  );
  write(
    `INSERT INTO grant_use (tenant_id, grant_id, effect_key, run_id, call_id, reserved_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    run.tenantId,
    grantId,
    effectKeyOf(run.tenantId, run.id, call.seq, call.tool),
    run.id,
    call.id,
    now,
  );
  append({
    type: 'grant-used',
    key: `grant-used:${call.id}`,
    data: { callId: call.id, grantId, used, uses },
  });
}

/** Marks the use of a call that is sent now, if it has one. */
export function noteUseSent({ run, now, write }: RunTransaction, { use }: OpenCallRow): void {
  if (use === null || use.isDispatched) return;
  write(
    `UPDATE grant_use SET dispatched_at = $4
     WHERE tenant_id = $1 AND grant_id = $2 AND effect_key = $3 AND freed_at IS NULL`,
    run.tenantId,
    use.grantId,
    use.effectKey,
    now,
  );
}

/** Frees the use of a call that certainly changed nothing. A read that was made keeps its use. */
export function freeUse(
  { run, now, write, append }: RunTransaction,
  { id, effect, use }: OpenCallRow,
): void {
  if (use === null || (effect === 'read' && use.isDispatched)) return;
  write(freeSql, run.tenantId, use.grantId, use.effectKey, now);
  append({
    type: 'grant-freed',
    key: `grant-freed:${id}`,
    data: { callId: id, grantId: use.grantId },
  });
}

/** Frees the uses of several calls, in the order in which grants are locked. */
export function freeUses(transaction: RunTransaction, calls: readonly OpenCallRow[]): void {
  const grantOf = ({ use }: OpenCallRow): string => use?.grantId ?? '';
  const ordered = calls.toSorted((left, right) => (grantOf(left) < grantOf(right) ? -1 : 1));
  for (const call of ordered) freeUse(transaction, call);
}

const freeSql = `
  WITH freed AS (
    UPDATE grant_use SET freed_at = $4, dispatched_at = NULL
    WHERE tenant_id = $1 AND grant_id = $2 AND effect_key = $3 AND freed_at IS NULL
    RETURNING grant_id)
  UPDATE standing_grant SET used = greatest(used - 1, 0)
  WHERE tenant_id = $1 AND id = (SELECT grant_id FROM freed)`;
