/** Which effect did a thing first: what two calls of one business key are judged by. */
import { questionAnyway, type Question } from '../contracts/approval.js';
import type { OnRepeat } from '../contracts/agent.js';
import type { Verdict } from '../contracts/call.js';
import type { EffectState } from '../contracts/effect.js';
import type { CallId, EffectKey, RunId } from '../contracts/ids.js';
import { finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { inRun, type RunAddress, type RunTransaction, type Sql } from './run-transaction.js';
import { taintRun } from './taints.js';

/** The effect that holds the business key of a call, with what its call said. */
export interface EarlierCallRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly runId: RunId;
  readonly state: EffectState;
  readonly claimedAt: string;
  readonly externalRef: string | null;
  /** What became of the effect that takes it back; null while none was begun. */
  readonly undoState: EffectState | null;
  /** JSON text; null where only a person knows that it happened. */
  readonly result: string | null;
}

/** The effect that takes `effect` back, if there is one. */
const undoOfEffect = `
   LEFT JOIN call undo ON undo.tenant_id = effect.tenant_id AND undo.undoes = effect.key
   LEFT JOIN effect undo_effect ON undo_effect.tenant_id = undo.tenant_id
     AND undo_effect.call_id = undo.id`;

/** Who holds the business key of this call. Locked: nobody else takes it over meanwhile. */
export const earlierCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT effect.key, effect.call_id AS "callId", effect.run_id AS "runId", effect.state,
     claimed_at AS "claimedAt", effect.external_ref AS "externalRef",
     undo_effect.state AS "undoState",
     CASE WHEN first.outcome = 'succeeded' THEN first.result END AS result
   FROM call
   JOIN business_claim claim ON claim.tenant_id = call.tenant_id AND claim.tool = call.tool
     AND claim.scope = call.business_scope AND claim.key = call.business_key
   JOIN effect ON effect.tenant_id = claim.tenant_id AND effect.key = claim.effect_key
   JOIN call first ON first.tenant_id = effect.tenant_id AND first.id = effect.call_id
   ${undoOfEffect}
   WHERE call.tenant_id = $1 AND call.run_id = $2 AND call.id = $3
   FOR UPDATE OF claim`,
  tenantId,
  runId,
  callId,
];

/** What makes a call that is not planned yet the same thing as another. */
interface BusinessCall {
  readonly tool: string;
  readonly business: { readonly scope: string; readonly key: string } | null;
}

export interface ClaimRow extends EarlierCallRow {
  readonly tool: string;
  readonly scope: string;
  readonly businessKey: string;
}

/** Who holds the business keys of calls that are about to be planned. */
export function claimsOfSql({ tenantId }: RunAddress, calls: readonly BusinessCall[]): Sql {
  const keyed = calls.flatMap(({ tool, business }) => (business ? [{ tool, ...business }] : []));
  return [
    `SELECT claim.tool, claim.scope, claim.key AS "businessKey", effect.key,
       effect.call_id AS "callId", effect.run_id AS "runId", effect.state,
       claimed_at AS "claimedAt", effect.external_ref AS "externalRef",
       undo_effect.state AS "undoState", NULL AS result
     FROM business_claim claim
     JOIN effect ON effect.tenant_id = claim.tenant_id AND effect.key = claim.effect_key
     ${undoOfEffect}
     WHERE claim.tenant_id = $1 AND (claim.tool, claim.scope, claim.key) IN
       (SELECT * FROM unnest($2::text[], $3::text[], $4::text[]))`,
    tenantId,
    keyed.map(({ tool }) => tool),
    keyed.map(({ scope }) => scope),
    keyed.map(({ key }) => key),
  ];
}

/** `done`, perhaps done, being done, or nothing that stands against doing it. */
export type Standing = 'done' | 'uncertain' | 'under-way' | 'free';

/** What an earlier call of the same business key means for this one. */
export function standingOf(
  earlier: EarlierCallRow,
  call: { readonly id: CallId | null },
  withinMs: number,
  now: string,
): Standing {
  if (earlier.callId === call.id) return 'free';
  if (Date.parse(now) - Date.parse(earlier.claimedAt) >= withinMs) return 'free';
  switch (earlier.state) {
    case 'confirmed':
      return standingOfUndone(earlier.undoState);
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

/** What was done and is taken back is done no more, and may be done again. */
function standingOfUndone(undoState: EffectState | null): Standing {
  switch (undoState) {
    case 'confirmed':
      return 'free';
    case 'parked':
      return 'uncertain';
    case 'intended':
    case 'dispatched':
    case 'unknown':
      return 'under-way';
    case 'failed':
    case 'absent':
    case 'compensated':
    case null:
      return 'done';
  }
}

/** The rule of the question whether something is to be done a second time. */
export const doneBeforeRule = 'done-before';

/** That question. Where the rule of the call asks anyway, it is one question with both reasons. */
export function askDoneBefore(
  verdict: Verdict,
  question: Question,
  earlier: EarlierCallRow,
  standing: Extract<Standing, 'done' | 'uncertain'>,
): Question {
  const known = standing === 'done' ? 'was done' : 'may have been done';
  const done = `The same ${known} at ${earlier.claimedAt} by run ${earlier.runId}.`;
  const reason = verdict === 'ask' ? `${question.reason} ${done}` : done;
  return questionAnyway(verdict, question, doneBeforeRule, reason);
}

interface PlannedRepeat extends BusinessCall {
  readonly repeats?: { readonly withinMs: number; readonly onRepeat: OnRepeat } | null;
  readonly verdict: Verdict;
  readonly question: Question;
}

/**
 * A call as its turn plans it: what was done before is asked about at once, together with what its
 * rule asks. Its start looks again, under the lock of the claim.
 */
export function askAboutRepeat<Call extends PlannedRepeat>(
  call: Call,
  claims: readonly ClaimRow[],
  now: string,
): Call {
  const { tool, business, repeats, verdict, question } = call;
  const claim = claims.find(
    (each) =>
      each.tool === tool && each.scope === business?.scope && each.businessKey === business.key,
  );
  if (claim === undefined || repeats?.onRepeat !== 'ask' || verdict === 'deny') return call;
  const standing = standingOf(claim, { id: null }, repeats.withinMs, now);
  if (standing !== 'done' && standing !== 'uncertain') return call;
  return { ...call, verdict: 'ask', question: askDoneBefore(verdict, question, claim, standing) };
}

/** Gives a call whose arguments people changed the key of what it does now. */
export async function renewBusinessKey(
  database: Database,
  address: RunAddress,
  call: { readonly id: CallId; readonly businessKey: string | null },
  key: string | null,
): Promise<void> {
  if (call.businessKey === null || call.businessKey === key) return;
  await inRun(database, address, [], ({ run, write }) =>
    write(
      'UPDATE call SET business_key = $3 WHERE tenant_id = $1 AND id = $2',
      run.tenantId,
      call.id,
      key,
    ),
  );
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

/** Answers a call with what the first one did, marked as such. `taints`: strangers wrote that. */
export function answerFromFirst(
  transaction: RunTransaction,
  call: OpenCallRow,
  first: EarlierCallRow,
  taints: boolean,
): void {
  if (taints) taintRun(transaction, call);
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
