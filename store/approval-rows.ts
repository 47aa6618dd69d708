/** The rows of questions, as writers read them under the run's lock. */
import type { ApprovalStatus, DecisionKind, EscalationStep } from '../contracts/approval.js';
import type { ApprovalId, CallId, Digest, EffectKey } from '../contracts/ids.js';
import type { PreviewState } from '../contracts/preview.js';
import type { TimedQuestion } from '../contracts/telling.js';
import type { RunAddress, Sql } from './run-transaction.js';

export interface PendingApprovalRow {
  readonly id: ApprovalId;
  readonly callId: CallId;
}

/** A question about a call, with the decision that ended it, if any. */
export interface ApprovalRow extends PendingApprovalRow {
  readonly status: ApprovalStatus;
  readonly rule: string;
  readonly ruleDigest: Digest;
  readonly effectKey: EffectKey;
  /** Canonical JSON. */
  readonly args: string;
  readonly argsDigest: Digest;
  readonly originalArgs: string;
  readonly originalArgsDigest: Digest;
  readonly title: string;
  readonly round: number;
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly level: number;
  readonly escalation: readonly EscalationStep[];
  readonly requesterMayDecide: boolean;
  readonly editorMayDecide: boolean;
  readonly allowedDecisions: readonly DecisionKind[];
  readonly executeWithinMs: number | null;
  readonly undoWindowMs: number;
  readonly previewState: PreviewState;
  readonly preconditionDigest: Digest | null;
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly closedAt: string | null;
  readonly executableAt: string | null;
  readonly withdrawnBy: string | null;
  readonly takenAt: string | null;
  readonly decidedBy: string | null;
  readonly decision: DecisionKind | null;
  readonly message: string | null;
}

/** The columns of an {@link ApprovalRow}, from {@link approvalWithEnd}. */
export const approvalColumns = `approval.id, approval.call_id AS "callId", approval.status, approval.rule,
  approval.rule_digest AS "ruleDigest", approval.effect_key AS "effectKey", approval.args,
  approval.args_digest AS "argsDigest", original_args AS "originalArgs",
  original_args_digest AS "originalArgsDigest", approval.title, approval.round,
  approvers, quorum, approval.level, escalation, requester_may_decide AS "requesterMayDecide",
  editor_may_decide AS "editorMayDecide", allowed_decisions AS "allowedDecisions",
  execute_within_ms AS "executeWithinMs", undo_window_ms AS "undoWindowMs",
  preview_state AS "previewState", precondition_digest AS "preconditionDigest",
  requested_at AS "requestedAt", expires_at AS "expiresAt", closed_at AS "closedAt",
  executable_at AS "executableAt", withdrawn_by AS "withdrawnBy", taken_at AS "takenAt",
  last.by AS "decidedBy", last.decision, last.message`;

/** The last vote ends a question; until then nobody has decided it. */
export const approvalWithEnd = `approval LEFT JOIN LATERAL (
    SELECT by, decision, message FROM decision
    WHERE decision.tenant_id = approval.tenant_id AND decision.approval_id = approval.id
      AND approval.status IN ('approved', 'rejected', 'responded')
    ORDER BY at DESC, id DESC LIMIT 1) AS last ON true`;

/** The questions of a run that nobody has answered. */
export const pendingApprovalsSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT id, call_id AS "callId" FROM approval
   WHERE tenant_id = $1 AND run_id = $2 AND status = 'pending' ORDER BY id`,
  tenantId,
  runId,
];

/** An open question by its times, and how far people were told of it. */
export interface AwaitedApprovalRow extends PendingApprovalRow, TimedQuestion {
  readonly round: number;
  readonly level: number;
  readonly remindedAt: string | null;
}

/** The open questions of a run that are to be looked at by now. */
export const approvalsToLookAtSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT id, call_id AS "callId", approvers, quorum, escalation, level, round,
     requested_at AS "requestedAt", expires_at AS "expiresAt", reminded_at AS "remindedAt"
   FROM approval WHERE tenant_id = $1 AND run_id = $2 AND status = 'pending'
     AND look_at <= clock_timestamp() ORDER BY id`,
  tenantId,
  runId,
];

/** One question of the run. */
export const approvalSql = ({ tenantId, runId }: RunAddress, id: ApprovalId): Sql => [
  `SELECT ${approvalColumns} FROM ${approvalWithEnd}
   WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.id = $3`,
  tenantId,
  runId,
  id,
];

/** The latest question about a call. */
export const approvalOfCallSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${approvalColumns} FROM ${approvalWithEnd}
   WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.call_id = $3
   ORDER BY approval.requested_at DESC, approval.id DESC LIMIT 1`,
  tenantId,
  runId,
  callId,
];
