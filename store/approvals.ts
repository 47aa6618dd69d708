/** Approvals: the row decides (P4, P5). Questions are asked, decided, expired and cancelled here. */
import type { ApprovalStatus, DecisionKind, Question } from '../contracts/approval.js';
import type { AskedApproval, CallResult } from '../contracts/activities.js';
import type { ApprovalId, CallId, Digest } from '../contracts/ids.js';
import { newApprovalId } from '../runtime/ids.js';
import { finishCall, type OpenCallRow } from './calls.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

export interface PendingApprovalRow {
  readonly id: ApprovalId;
  readonly callId: CallId;
}

/** A call's latest question with its final decision, if any. */
export interface ApprovalRow extends PendingApprovalRow {
  readonly status: ApprovalStatus;
  readonly rule: string;
  readonly argsDigest: Digest;
  readonly approvers: readonly string[];
  readonly requesterMayDecide: boolean;
  readonly allowedDecisions: readonly DecisionKind[];
  readonly executeWithinMs: number | null;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly closedAt: string | null;
  readonly takenAt: string | null;
  readonly decidedBy: string | null;
  readonly decision: DecisionKind | null;
  readonly message: string | null;
}

const columns = `approval.id, approval.call_id AS "callId", approval.status, rule,
  approval.args_digest AS "argsDigest", approvers, requester_may_decide AS "requesterMayDecide",
  allowed_decisions AS "allowedDecisions", execute_within_ms AS "executeWithinMs",
  requested_at AS "requestedAt", expires_at AS "expiresAt", closed_at AS "closedAt", taken_at AS "takenAt",
  decision.by AS "decidedBy", decision.decision, decision.message`;
const joined = `approval LEFT JOIN decision
  ON decision.tenant_id = approval.tenant_id AND decision.approval_id = approval.id`;

/** The questions of a run that nobody has answered. */
export const pendingApprovalsSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT id, call_id AS "callId" FROM approval
   WHERE tenant_id = $1 AND run_id = $2 AND status = 'pending' ORDER BY id`,
  tenantId,
  runId,
];

/** One question of the run. */
export const approvalSql = ({ tenantId, runId }: RunAddress, id: ApprovalId): Sql => [
  `SELECT ${columns} FROM ${joined}
   WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.id = $3`,
  tenantId,
  runId,
  id,
];

/** The latest question about a call. */
export const approvalOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${columns} FROM ${joined}
   WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.call_id = $3
   ORDER BY approval.requested_at DESC, approval.id DESC LIMIT 1`,
  tenantId,
  runId,
  callId,
];

/** Puts a question about exactly these arguments. The caller has put the call into `asking`. */
export function askApproval(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'title' | 'argsDigest'>,
  question: Question,
): AskedApproval {
  const id = newApprovalId();
  const expiresAt = new Date(Date.parse(now) + question.expiresInMs).toISOString();
  write(
    `INSERT INTO approval (tenant_id, id, run_id, call_id, status, args_digest, rule, reason,
       approvers, quorum, requester_may_decide, allowed_decisions, on_expiry, execute_within_ms,
       requested_at, expires_at)
     VALUES ($1, $2, $3, $4, 'pending', $5, $6, $7, $8, $9, $10, $11, 'reject', $12, $13, $14)`,
    run.tenantId,
    id,
    run.id,
    call.id,
    call.argsDigest,
    question.rule,
    question.reason,
    question.approvers,
    question.quorum,
    question.requesterMayDecide,
    question.allowedDecisions,
    question.executeWithinMs,
    now,
    expiresAt,
  );
  append({
    type: 'approval-requested',
    key: `approval-requested:${id}`,
    data: {
      approvalId: id,
      callId: call.id,
      title: call.title,
      rule: question.rule,
      reason: question.reason,
      approvers: question.approvers,
      expiresAt,
    },
  });
  const { expiresInMs: remainingMs, approvers } = question;
  return { approvalId: id, remainingMs, expiresAt, approvers };
}

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
 * Reads what became of a question and takes the answer: `open` when people said yes to exactly
 * these arguments; `closed` when the call got its outcome here instead; `undecided` otherwise.
 */
export function passGate(
  transaction: RunTransaction,
  call: OpenCallRow,
  approval: ApprovalRow,
): Gate {
  const { now } = transaction;
  const close = (outcome: 'rejected' | 'expired' | 'cancelled' | 'denied', text: string): Gate => {
    finishCall(transaction, call, outcome, text, approval.message);
    return { kind: 'closed' };
  };
  if (approval.status === 'pending') {
    const remainingMs = Date.parse(approval.expiresAt) - Date.parse(now);
    if (remainingMs > 0) return { kind: 'undecided', remainingMs };
    expireApproval(transaction, approval);
    return close('expired', 'Not made: nobody approved it in time.');
  }
  takeAnswer(transaction, approval);
  switch (approval.status) {
    case 'approved': {
      if (approval.argsDigest !== call.argsDigest) {
        return close('denied', 'Not made: the approval was for other arguments.');
      }
      const executeBy = Date.parse(approval.closedAt ?? now) + (approval.executeWithinMs ?? 0);
      const isLate = approval.executeWithinMs !== null && Date.parse(now) > executeBy;
      const isFirst = call.attempts === 0;
      return isLate && isFirst
        ? close('expired', 'Approved, not run: the time to carry it out had passed.')
        : { kind: 'open' };
    }
    case 'rejected':
    case 'responded': {
      const why = approval.message === null ? '' : ` Reason: ${approval.message}`;
      return close('rejected', `Not made: ${approval.decidedBy ?? 'someone'} rejected it.${why}`);
    }
    case 'expired':
      return close('expired', 'Not made: nobody approved it in time.');
    case 'cancelled':
      return close('cancelled', 'Not made: the run was cancelled.');
  }
}

/** The open question by name: the workflow may not have heard of it, if an answer of ours was lost. */
export function stillAsked(approval: ApprovalRow, remainingMs: number): CallResult {
  const { id: approvalId, approvers, expiresAt } = approval;
  return { kind: 'needs-approval', approval: { approvalId, approvers, expiresAt, remainingMs } };
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
