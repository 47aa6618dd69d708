/** What a yes rests on: looked at again right before its call is sent for the first time (P4). */
import { questionAnyway, type Question } from '../contracts/approval.js';
import type { CallResult } from '../contracts/activities.js';
import type { Verdict } from '../contracts/call.js';
import type { FailureCode } from '../contracts/failure.js';
import type { ApprovalId, CallId } from '../contracts/ids.js';
import { storableJson } from '../runtime/text.js';
import type { ApprovalRow } from './approval-rows.js';
import { askInstead } from './ask-call.js';
import { doneBeforeRule } from './business-claims.js';
import { callSql, noteRetry, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import type { Foreseen } from './previews.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

/** What the tool says now of a call that people said yes to. */
export interface SeenAgain extends Foreseen {
  /** The question that it was looked at for. */
  readonly approvalId: ApprovalId;
}

/** Nothing may be sent before the tool has been asked again what the call will do. */
export interface Unchecked {
  readonly kind: 'unchecked';
  readonly approvalId: ApprovalId;
}

interface JudgedNow {
  readonly verdict: Verdict;
  readonly question: Question;
  readonly ruleInputs: string;
}

/**
 * Stands before the first dispatch of a call whose yes rests on facts of the world: `unchecked` until
 * they were looked at for this very attempt; a new question, with what is true now, where they have
 * changed; null where they hold.
 */
export function refuseChanged(
  transaction: RunTransaction,
  call: OpenCallRow,
  approval: ApprovalRow | undefined,
  seen: SeenAgain | null,
  judged: JudgedNow,
): CallResult | Unchecked | null {
  if (approval?.status !== 'approved' || approval.previewState !== 'ready') return null;
  const { id: approvalId, preconditionDigest } = approval;
  if (preconditionDigest === null) return null;
  if (seen?.approvalId !== approvalId) return { kind: 'unchecked', approvalId };
  if (seen.preconditionDigest === preconditionDigest) return null;
  return askOnNewFacts(transaction, call, approval, seen, judged);
}

function askOnNewFacts(
  transaction: RunTransaction,
  call: OpenCallRow,
  stale: ApprovalRow,
  { preview, preconditionDigest }: SeenAgain,
  { verdict, question, ruleInputs }: JudgedNow,
): CallResult {
  const { run, write, append } = transaction;
  append({
    type: 'approval-stale',
    key: `approval-stale:${stale.id}`,
    data: { approvalId: stale.id, callId: call.id },
  });
  // Whoever said yes to doing it a second time is not asked that once more.
  const rule = stale.rule === doneBeforeRule ? doneBeforeRule : question.rule;
  const reason = `${question.reason} It was approved, and what it rests on has changed since.`;
  const again = questionAnyway(verdict, question, rule, reason);
  const asked = askInstead(transaction, call, again, { ruleInputs, previews: false });
  write(
    `UPDATE approval SET preview_state = 'ready', preview = $3::jsonb, precondition_digest = $4,
       earlier_preview = (SELECT preview FROM approval WHERE tenant_id = $1 AND id = $5)
     WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    asked.approval.approvalId,
    storableJson(preview),
    preconditionDigest,
    stale.id,
  );
  return asked;
}

/** Says that what a call rests on could not be looked at, and is again after `delayMs`. */
export async function noteUncheckable(
  database: Database,
  address: RunAddress,
  callId: CallId,
  code: FailureCode,
  delayMs: number,
): Promise<void> {
  await inRun(database, address, [callSql(address, callId)], (transaction, rows) => {
    const [[call]] = rows as [OpenCallRow[]];
    if (call !== undefined && call.state !== 'finished') {
      noteRetry(transaction, call, code, delayMs);
    }
  });
}
