/** Which effect did a thing first: what two calls of one business key are judged by. */
import type { EffectState } from '../contracts/effect.js';
import type { CallId, EffectKey, RunId } from '../contracts/ids.js';
import { finishCall, type OpenCallRow } from './calls.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

/** The effect that holds the business key of a call, with what its call said. */
export interface EarlierCallRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly runId: RunId;
  readonly state: EffectState;
  readonly claimedAt: string;
  readonly externalRef: string | null;
  /** JSON text; what the model read. */
  readonly result: string | null;
}

/** Who holds the business key of this call. Locked: nobody else takes it over meanwhile. */
export const earlierCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT effect.key, effect.call_id AS "callId", effect.run_id AS "runId", effect.state,
     claimed_at AS "claimedAt", external_ref AS "externalRef", first.result
   FROM call
   JOIN business_claim claim ON claim.tenant_id = call.tenant_id AND claim.tool = call.tool
     AND claim.scope = call.business_scope AND claim.key = call.business_key
   JOIN effect ON effect.tenant_id = claim.tenant_id AND effect.key = claim.effect_key
   JOIN call first ON first.tenant_id = effect.tenant_id AND first.id = effect.call_id
   WHERE call.tenant_id = $1 AND call.run_id = $2 AND call.id = $3
   FOR UPDATE OF claim`,
  tenantId,
  runId,
  callId,
];

/** `done`, perhaps done, being done, or nothing that stands against doing it. */
export type Standing = 'done' | 'uncertain' | 'under-way' | 'free';

/** What an earlier call of the same business key means for this one. */
export function standingOf(
  earlier: EarlierCallRow,
  call: Pick<OpenCallRow, 'id'>,
  withinMs: number,
  now: string,
): Standing {
  if (earlier.callId === call.id) return 'free';
  if (Date.parse(now) - Date.parse(earlier.claimedAt) >= withinMs) return 'free';
  switch (earlier.state) {
    case 'confirmed':
      return 'done';
    case 'parked':
      return 'uncertain';
    case 'intended':
    case 'dispatched':
    case 'unknown':
      return 'under-way';
    case 'failed':
    case 'absent':
    case 'compensated':
      return 'free';
  }
}

/**
 * From here on the thing is this effect's: with the commit of its dispatch. Of two that come at once
 * one fails on the other's row, and looks again.
 */
export function claimBusinessKey(
  { run, now, write }: RunTransaction,
  call: OpenCallRow,
  effectKey: EffectKey,
  earlier: EarlierCallRow | undefined,
): void {
  if (call.businessKey === null || call.businessScope === null) return;
  const claim = [run.tenantId, call.tool, call.businessScope, call.businessKey, effectKey, now];
  if (earlier === undefined) {
    const columns = 'tenant_id, tool, scope, key, effect_key, claimed_at';
    return write(
      `INSERT INTO business_claim (${columns}) VALUES ($1, $2, $3, $4, $5, $6)`,
      ...claim,
    );
  }
  write(
    `UPDATE business_claim SET effect_key = $5, claimed_at = $6
     WHERE tenant_id = $1 AND tool = $2 AND scope = $3 AND key = $4 AND effect_key = $7`,
    ...claim,
    earlier.key,
  );
}

/** Answers a call with what the first one did, marked as such. */
export function answerFromFirst(
  transaction: RunTransaction,
  call: OpenCallRow,
  first: EarlierCallRow,
): void {
  const { callId: firstCallId, runId: firstRunId } = first;
  const done = JSON.parse(first.result ?? 'null') as unknown;
  const deduplicated = { callId: firstCallId, runId: firstRunId, at: first.claimedAt };
  finishCall(transaction, call, 'succeeded', JSON.stringify({ deduplicated, result: done }), null);
  transaction.append({
    type: 'call-deduplicated',
    key: `call-deduplicated:${call.id}`,
    data: { callId: call.id, firstCallId, firstRunId },
  });
}
