/** Why a decision is not taken, in the order in which it is looked for. */
import type { FailureCode } from '../contracts/failure.js';
import { previewPendingMs } from '../contracts/preview.js';
import type { ApprovalRow } from './approval-rows.js';
import type { Judging } from './judging.js';

export interface Refusal {
  readonly code: FailureCode;
  readonly detail?: string;
  readonly extra?: object;
  readonly retryAfterSeconds?: number;
}

/** What stands against a decision; null where nothing does but, perhaps, what an edit makes. */
export function findRefusal(judging: Judging): Refusal | null {
  const { transaction, approval, level, fresh } = judging;
  const { run, now } = transaction;
  const { requesterMayDecide } = approval;
  const { canDecide, why } = fresh.law.mayDecide(fresh.principal, {
    approvers: level.approvers,
    requesterMayDecide,
    requestedBy: run.requestedBy,
  });
  if (!canDecide) return { code: 'forbidden', detail: why };
  if (approval.status !== 'pending') return decidedAlready(approval);
  // Lock first, then the clock: any clock in the statement of the lock would accept a late one.
  if (Date.parse(now) >= Date.parse(approval.expiresAt)) {
    return { code: 'approval-expired', extra: { currentStatus: 'expired' } };
  }
  if (!approval.allowedDecisions.includes(fresh.decision)) {
    return {
      code: 'decision-not-allowed',
      extra: { allowedDecisions: approval.allowedDecisions },
    };
  }
  if (fresh.argsDigest !== null && fresh.argsDigest !== approval.argsDigest) {
    return argsChanged(judging);
  }
  return findVoteRefusal(judging);
}

/** No and an answer can always be given; a yes only to what is fully known, and once. */
function findVoteRefusal({ transaction, approval, votes, fresh }: Judging): Refusal | null {
  if (fresh.decision === 'reject' || fresh.decision === 'respond') return null;
  const pendingMs = previewPendingMs(approval, transaction.now);
  if (pendingMs > 0) return { code: 'preview-pending', retryAfterSeconds: 1 };
  const own = votes.find(({ by, round }) => by === fresh.principal.id && round === approval.round);
  return fresh.decision === 'approve' && own !== undefined
    ? { code: 'already-voted', extra: { currentStatus: 'pending', decidedAt: own.at } }
    : null;
}

/** Names what stands there now, and who changed it. */
function argsChanged({ approval, votes }: Judging): Refusal {
  const edit = votes.findLast(
    ({ decision, round }) => decision === 'edit' && round === approval.round,
  );
  const detail =
    edit === undefined
      ? 'The question is about other arguments.'
      : `${edit.by} changed them at ${edit.at}.`;
  const { argsDigest, args } = approval;
  const extra = { currentStatus: 'pending', argsDigest, args: JSON.parse(args) as unknown };
  return { code: 'args-changed', detail, extra };
}

function decidedAlready(approval: ApprovalRow): Refusal {
  const { status, decidedBy, decision, closedAt, withdrawnBy } = approval;
  if (status === 'expired') return { code: 'approval-expired', extra: { currentStatus: status } };
  const who = withdrawnBy ?? decidedBy;
  const what = withdrawnBy === null ? `decided ${decision}` : 'took the approval back';
  const detail =
    who === null ? `The question was ${status} at ${closedAt}.` : `${who} ${what} at ${closedAt}.`;
  const extra = { currentStatus: status, decidedBy: who, decidedAt: closedAt, decision };
  return { code: 'approval-decided', detail, extra };
}
