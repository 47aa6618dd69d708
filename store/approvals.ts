/** Approvals: the row decides (P4, P5). Questions are asked, expired, cancelled, and their answers taken. */
import type { Question } from '../contracts/approval.js';
import type { AskedApproval, CallResult } from '../contracts/activities.js';
import { nextLookAt } from '../contracts/telling.js';
import { openForMs } from '../contracts/voting.js';
import { effectKeyOf } from '../runtime/digest.js';
import { newApprovalId } from '../runtime/ids.js';
import type { ApprovalRow, PendingApprovalRow } from './approval-rows.js';
import { finishCall, type OpenCallRow } from './calls.js';
import type { RunTransaction } from './run-transaction.js';

/** A call that is asked about: its row has been written, as `asking`. */
type AskedCall = Pick<OpenCallRow, 'id' | 'seq' | 'tool' | 'title'>;

/**
 * Puts a question about exactly the arguments in the call's row. With `previews`, its tool is asked
 * first what the call will do.
 */
export function askApproval(
  { run, now, write, append }: RunTransaction,
  call: AskedCall,
  question: Question,
  previews: boolean,
): AskedApproval {
  const id = newApprovalId();
  const remainingMs = openForMs(question);
  const expiresAt = new Date(Date.parse(now) + remainingMs).toISOString();
  write(
    askSql,
    run.tenantId,
    id,
    run.id,
    call.id,
    question.rule,
    question.ruleDigest,
    question.reason,
    question.approvers,
    question.quorum,
    question.requesterMayDecide,
    question.editorMayDecide,
    question.allowedDecisions,
    question.onExpiry,
    JSON.stringify(question.escalation),
    question.executeWithinMs,
    question.undoWindowMs,
    effectKeyOf(run.tenantId, run.id, call.seq, call.tool),
    previews ? 'pending' : 'none',
    now,
    expiresAt,
    nextLookAt({ ...question, requestedAt: now, expiresAt }, now),
  );
  const { rule, reason, approvers } = question;
  append({
    type: 'approval-requested',
    key: `approval-requested:${id}`,
    data: {
      approvalId: id,
      callId: call.id,
      title: call.title,
      rule,
      reason,
      approvers,
      expiresAt,
    },
  });
  return {
    approvalId: id,
    remainingMs,
    expiresAt,
    approvers,
    ...(previews ? { previews: true } : {}),
  };
}

const askSql = `
  INSERT INTO approval (tenant_id, id, run_id, call_id, status, args, args_digest, original_args,
    original_args_digest, title, rule, rule_digest, reason, approvers, quorum,
    requester_may_decide, editor_may_decide, allowed_decisions, on_expiry, escalation,
    execute_within_ms, undo_window_ms, effect_key, preview_state, requested_at, expires_at,
    look_at)
  SELECT $1, $2, $3, $4, 'pending', args, args_digest, args, args_digest, title, $5, $6, $7,
    $8::text[], $9::int, $10::boolean, $11::boolean, $12::text[], $13, $14::jsonb, $15::bigint,
    $16::bigint, $17, $18, $19::timestamptz, $20::timestamptz,
    $21::timestamptz
  FROM call WHERE tenant_id = $1 AND id = $4`;

/** Withdraws open questions because their run is being cancelled. */
export function cancelApprovals(
  { run, now, write, append }: RunTransaction,
  approvals: readonly PendingApprovalRow[],
): void {
  for (const { id, callId } of approvals) {
    write(closeSql, run.tenantId, id, 'cancelled', now);
    const data = { approvalId: id, callId };
    append({ type: 'approval-cancelled', key: `approval-closed:${id}`, data });
  }
}

/** Closes a question that nobody answered in time. Only the caller's clock reading under the lock counts. */
export function expireApproval(
  { run, now, write, append }: RunTransaction,
  { id, callId }: PendingApprovalRow,
): void {
  write(closeSql, run.tenantId, id, 'expired', now);
  const data = { approvalId: id, callId };
  append({ type: 'approval-expired', key: `approval-closed:${id}`, data });
}

const closeSql = `
  UPDATE approval SET status = $3, closed_at = $4
  WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`;

export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }
  | { readonly kind: 'undecided'; readonly remainingMs: number };

/**
 * Reads what became of a question and takes the answer: `open` when the row says that people said
 * yes (whether they did is for their signatures to say); `closed` when the call got its outcome here
 * instead; `undecided` otherwise, and while a yes can still be taken back.
 */
export function passGate(
  transaction: RunTransaction,
  call: OpenCallRow,
  approval: ApprovalRow,
): Gate {
  const { now } = transaction;
  const close = (outcome: 'rejected' | 'expired' | 'cancelled' | 'responded', text: string) => {
    finishCall(transaction, call, outcome, text, approval.message);
    return { kind: 'closed' } as const;
  };
  if (approval.status === 'pending') {
    const remainingMs = Date.parse(approval.expiresAt) - Date.parse(now);
    if (remainingMs > 0) return { kind: 'undecided', remainingMs };
    expireApproval(transaction, approval);
    return close('expired', 'Not made: nobody approved it in time.');
  }
  const heldMs = heldForMs(approval, now);
  if (heldMs > 0) return { kind: 'undecided', remainingMs: heldMs };
  takeAnswer(transaction, approval);
  switch (approval.status) {
    case 'approved':
      return isTooLate(approval, now) && call.attempts === 0
        ? close('expired', 'Approved, not run: the time to carry it out had passed.')
        : { kind: 'open' };
    case 'rejected': {
      const who = approval.withdrawnBy ?? approval.decidedBy ?? 'someone';
      const did = approval.withdrawnBy === null ? 'rejected it' : 'took the approval back';
      const why = approval.message === null ? '' : ` Reason: ${approval.message}`;
      return close('rejected', `Not made: ${who} ${did}.${why}`);
    }
    case 'responded':
      return close('responded', `Not made. ${approval.decidedBy} answers: ${approval.message}`);
    case 'expired':
      return close('expired', 'Not made: nobody approved it in time.');
    case 'cancelled':
      return close('cancelled', 'Not made: the run was cancelled.');
  }
}

/** How much longer a yes can be taken back, in milliseconds; 0 once it may be carried out. */
export const heldForMs = (
  { status, executableAt }: Pick<ApprovalRow, 'status' | 'executableAt'>,
  now: string,
): number =>
  status === 'approved' && executableAt !== null
    ? Math.max(0, Date.parse(executableAt) - Date.parse(now))
    : 0;

function isTooLate(approval: ApprovalRow, now: string): boolean {
  const { executeWithinMs, executableAt, closedAt } = approval;
  if (executeWithinMs === null) return false;
  return Date.parse(now) > Date.parse(executableAt ?? closedAt ?? now) + executeWithinMs;
}

/** The open question by name: the workflow may not have heard of it, if an answer of ours was lost. */
export function stillAsked(approval: ApprovalRow, remainingMs: number): CallResult {
  const { id: approvalId, approvers, expiresAt, status, previewState } = approval;
  const isUnpreviewed = status === 'pending' && previewState === 'pending';
  const asked = { approvalId, approvers, expiresAt, remainingMs };
  return {
    kind: 'needs-approval',
    approval: isUnpreviewed ? { ...asked, previews: true } : asked,
  };
}

/** From here on the delivery of the answer is over. */
function takeAnswer({ run, now, write, writeAny }: RunTransaction, approval: ApprovalRow): void {
  if (approval.takenAt === null) {
    write(
      'UPDATE approval SET taken_at = $3 WHERE tenant_id = $1 AND id = $2',
      run.tenantId,
      approval.id,
      now,
    );
  }
  writeAny(
    `UPDATE outbox SET state = 'done', claim_token = NULL
     WHERE tenant_id = $1 AND run_id = $2 AND kind = 'approvalDecided' AND subject = $3
       AND state <> 'done'`,
    run.tenantId,
    run.id,
    approval.id,
  );
}
