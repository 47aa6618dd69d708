/** Taking a yes back while its undo window is open: it ends as a no, and nothing was carried out. */
import type { ApprovalId, CallId, RunId } from '../contracts/ids.js';
import type { ApprovalDecidedSignal } from '../contracts/signals.js';
import { BelayError } from '../runtime/belay-error.js';
import { newDecisionId } from '../runtime/ids.js';
import { approvalSql, type ApprovalRow } from './approval-rows.js';
import { heldForMs } from './approvals.js';
import type { Database } from './database.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { inRun, type RunTransaction } from './run-transaction.js';
import { votesSql, type VoteRow } from './votes.js';

export interface NewWithdrawal {
  readonly tenantId: string;
  readonly approvalId: ApprovalId;
  readonly by: string;
  readonly key: IdempotencyClaim | null;
}

/**
 * Takes an approval back for one of those whose votes made it. Throws `not-found`, `forbidden` for
 * everybody else, or `not-withdrawable` once the window has closed or where there was none.
 */
export async function withdraw(
  database: Database,
  fresh: NewWithdrawal,
): Promise<{ readonly replayed: boolean }> {
  const { rows } = await database.pool.query<{ runId: RunId; callId: CallId }>(
    'SELECT run_id AS "runId" FROM approval WHERE tenant_id = $1 AND id = $2',
    [fresh.tenantId, fresh.approvalId],
  );
  const [place] = rows;
  if (place === undefined) throw new BelayError('not-found');
  const address = { tenantId: fresh.tenantId, runId: place.runId };
  const reads = [
    approvalSql(address, fresh.approvalId),
    votesSql(address, fresh.approvalId),
    ...keyReads(fresh.key),
  ];
  const replayed = await inRun(database, address, reads, (transaction, read) => {
    const [[approval], votes, kept] = read as [ApprovalRow[], VoteRow[], KeptKeyRow[]];
    if (approval === undefined) throw new BelayError('not-found');
    if (isReplay(fresh.key, kept)) return true;
    checkWithdrawal(transaction, approval, votes, fresh);
    keepKey(transaction, fresh.key);
    writeWithdrawal(transaction, approval, fresh.by);
    return false;
  });
  return { replayed: replayed ?? false };
}

function checkWithdrawal(
  { run, now }: RunTransaction,
  approval: ApprovalRow,
  votes: readonly VoteRow[],
  { by }: NewWithdrawal,
): void {
  const isCounted = votes.some((vote) => vote.by === by && vote.round === approval.round);
  if (!isCounted) {
    throw new BelayError('forbidden', { detail: 'Only those who voted for it take it back.' });
  }
  if (heldForMs(approval, now) > 0 && approval.takenAt === null && run.ended === null) return;
  const { status: currentStatus, executableAt } = approval;
  throw new BelayError('not-withdrawable', { extra: { currentStatus, executableAt } });
}

/** Its signal leaves at once, with the other verdict. */
function writeWithdrawal(
  { run, now, write, append }: RunTransaction,
  { id, callId }: ApprovalRow,
  by: string,
): void {
  write(
    `UPDATE approval SET status = 'rejected', closed_at = $3, withdrawn_at = $3, withdrawn_by = $4,
       executable_at = NULL
     WHERE tenant_id = $1 AND id = $2 AND status = 'approved' AND taken_at IS NULL`,
    run.tenantId,
    id,
    now,
    by,
  );
  const decisionId = newDecisionId();
  const signal: ApprovalDecidedSignal = { approvalId: id, decisionId, verdict: 'rejected' };
  write(
    `UPDATE outbox SET payload = $4::jsonb, next_at = $5, state = 'pending'
     WHERE tenant_id = $1 AND run_id = $2 AND kind = 'approvalDecided' AND subject = $3`,
    run.tenantId,
    run.id,
    id,
    JSON.stringify(signal),
    now,
  );
  append({
    type: 'approval-withdrawn',
    key: `approval-withdrawn:${id}`,
    data: { approvalId: id, callId, by },
  });
}
