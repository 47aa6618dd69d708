/** Decisions: one person's answer, judged under the run's lock. The first final one wins (P5). */
import { decidedStatus, type DecisionKind } from '../contracts/approval.js';
import type { FailureCode } from '../contracts/failure.js';
import type { ApprovalId, CallId, DecisionId, Digest, RunId } from '../contracts/ids.js';
import type { ApprovalDecidedSignal } from '../contracts/signals.js';
import { BelayError } from '../runtime/belay-error.js';
import { newDecisionId } from '../runtime/ids.js';
import { approvalSql, expireApproval, type ApprovalRow } from './approvals.js';
import { callSql, finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { inRun, type RunTransaction } from './run-transaction.js';

export interface NewDecision {
  readonly tenantId: string;
  readonly approvalId: ApprovalId;
  readonly by: string;
  readonly decision: DecisionKind;
  /** The digest of the arguments that its author saw; needed to approve. */
  readonly argsDigest: Digest | null;
  readonly message: string | null;
  readonly key: IdempotencyClaim | null;
  /** Says whether this person may decide this question. */
  readonly mayDecide: (question: {
    readonly approvers: readonly string[];
    readonly requesterMayDecide: boolean;
    readonly requestedBy: string;
  }) => { readonly canDecide: boolean; readonly why: string };
}

type Refusal = { readonly code: FailureCode; readonly detail?: string; readonly extra?: object };

/**
 * Decides a question once and queues the signal that tells the workflow. Throws `not-found`,
 * `forbidden`, `decision-not-allowed`, `args-changed`, `approval-decided` (who, what, when) or
 * `approval-expired`; a question found expired is closed in the same transaction.
 */
export async function decide(
  database: Database,
  fresh: NewDecision,
): Promise<{ readonly replayed: boolean }> {
  const place = await findPlaceOf(database, fresh);
  if (place === null) throw new BelayError('not-found');
  const address = { tenantId: fresh.tenantId, runId: place.runId };
  const reads = [
    approvalSql(address, fresh.approvalId),
    callSql(address, place.callId),
    ...keyReads(fresh.key),
  ];
  let isReplayed = false;
  const refusal = await inRun(database, address, reads, (transaction, rows): Refusal | null => {
    const [[approval], [call], kept] = rows as [ApprovalRow[], OpenCallRow[], KeptKeyRow[]];
    if (approval === undefined || call === undefined) return { code: 'not-found' };
    isReplayed = isReplay(fresh.key, kept);
    if (isReplayed) return null;
    const found = findRefusal(transaction, approval, fresh);
    if (found?.code === 'approval-expired' && approval.status === 'pending') {
      expireApproval(transaction, approval);
      if (call.state !== 'finished') {
        finishCall(transaction, call, 'expired', 'Not made: nobody approved it in time.', null);
      }
    }
    if (found === null) {
      writeDecision(transaction, approval, fresh);
      keepKey(transaction, fresh.key);
    }
    return found;
  });
  if (refusal !== null) {
    const { code, detail, extra } = refusal;
    throw new BelayError(code, {
      ...(detail === undefined ? {} : { detail }),
      extra: { ...extra },
    });
  }
  return { replayed: isReplayed };
}

function findRefusal(
  { run, now }: RunTransaction,
  approval: ApprovalRow,
  fresh: NewDecision,
): Refusal | null {
  const { canDecide, why } = fresh.mayDecide({ ...approval, requestedBy: run.requestedBy });
  if (!canDecide) return { code: 'forbidden', detail: why };
  if (approval.status !== 'pending') return decidedAlready(approval);
  // Lock first, then the clock: any clock in the statement of the lock would accept a late one.
  if (Date.parse(now) >= Date.parse(approval.expiresAt)) {
    return { code: 'approval-expired', extra: { currentStatus: 'expired' } };
  }
  const isPossible = fresh.decision === 'approve' || fresh.decision === 'reject';
  if (!isPossible || !approval.allowedDecisions.includes(fresh.decision)) {
    const extra = { allowedDecisions: approval.allowedDecisions };
    return { code: 'decision-not-allowed', extra };
  }
  if (fresh.argsDigest !== null && fresh.argsDigest !== approval.argsDigest) {
    return { code: 'args-changed', extra: { currentStatus: 'pending' } };
  }
  return null;
}

function decidedAlready(approval: ApprovalRow): Refusal {
  const { status, decidedBy, decision, closedAt } = approval;
  if (status === 'expired') return { code: 'approval-expired', extra: { currentStatus: status } };
  const detail =
    decidedBy === null
      ? `The question was ${status} at ${closedAt}.`
      : `${decidedBy} decided ${decision} at ${closedAt}.`;
  const extra = { currentStatus: status, decidedBy, decidedAt: closedAt, decision };
  return { code: 'approval-decided', detail, extra };
}

function writeDecision(
  { run, now, write, append }: RunTransaction,
  approval: ApprovalRow,
  fresh: NewDecision,
): void {
  const id: DecisionId = newDecisionId();
  const status = decidedStatus[fresh.decision];
  const signal: ApprovalDecidedSignal = {
    approvalId: approval.id,
    decisionId: id,
    verdict: status,
  };
  write(
    `INSERT INTO decision (tenant_id, id, approval_id, by, decision, args_digest, message, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    run.tenantId,
    id,
    approval.id,
    fresh.by,
    fresh.decision,
    approval.argsDigest,
    fresh.message,
    now,
  );
  write(
    `UPDATE approval SET status = $3, closed_at = $4
     WHERE tenant_id = $1 AND id = $2 AND status = 'pending'`,
    run.tenantId,
    approval.id,
    status,
    now,
  );
  write(
    `INSERT INTO outbox (tenant_id, run_id, kind, subject, payload)
     VALUES ($1, $2, 'approvalDecided', $3, $4::jsonb)`,
    run.tenantId,
    run.id,
    approval.id,
    JSON.stringify(signal),
  );
  append({
    type: 'approval-decided',
    key: `approval-closed:${approval.id}`,
    data: {
      approvalId: approval.id,
      callId: approval.callId,
      decisionId: id,
      decision: fresh.decision,
      by: fresh.by,
      message: fresh.message,
    },
  });
}

async function findPlaceOf(database: Database, { tenantId, approvalId }: NewDecision) {
  const { rows } = await database.pool.query<{ runId: RunId; callId: CallId }>(
    `SELECT run_id AS "runId", call_id AS "callId" FROM approval
     WHERE tenant_id = $1 AND id = $2`,
    [tenantId, approvalId],
  );
  return rows[0] ?? null;
}
