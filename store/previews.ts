/** What is looked up for a question before people decide it: asked for once, kept with the question. */
import type { ApprovalId, CallId, Digest } from '../contracts/ids.js';
import type { Preview } from '../contracts/preview.js';
import { storableJson } from '../runtime/text.js';
import { approvalSql, type ApprovalRow } from './approval-rows.js';
import type { Database } from './database.js';
import { inRun, type RunAddress } from './run-transaction.js';

/** What a tool said of a call. */
export interface Foreseen {
  readonly preview: Preview;
  /** Of the facts that it rests on; null where it rests on nothing that could change. */
  readonly preconditionDigest: Digest | null;
}

/** A call whose question waits for its preview. */
export interface UnpreviewedCall {
  readonly callId: CallId;
  readonly tool: string;
  readonly args: unknown;
}

/** The call of a question that waits for its preview; null where nobody waits for it any more. */
export async function loadUnpreviewed(
  database: Database,
  { tenantId, runId }: RunAddress,
  approvalId: ApprovalId,
): Promise<UnpreviewedCall | null> {
  const { rows } = await database.pool.query<{ callId: CallId; tool: string; args: string }>(
    `SELECT call_id AS "callId", tool, approval.args
     FROM approval JOIN call ON call.tenant_id = approval.tenant_id AND call.id = call_id
     WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.id = $3
       AND approval.status = 'pending' AND preview_state = 'pending'`,
    [tenantId, runId, approvalId],
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, args: JSON.parse(row.args) as unknown };
}

/**
 * Keeps what was looked up with its question, or that it could not be. The first one counts, and
 * none does once the question is decided: what people saw must stay what they saw.
 */
export async function recordPreview(
  database: Database,
  address: RunAddress,
  approvalId: ApprovalId,
  foreseen: Foreseen | null,
): Promise<void> {
  await inRun(database, address, [approvalSql(address, approvalId)], (transaction, rows) => {
    const [[approval]] = rows as [ApprovalRow[]];
    if (approval?.status !== 'pending' || approval.previewState !== 'pending') return;
    // An edit overtook it: it was looked up for other arguments than the ones that people see.
    const isOfThese = approval.round === 1;
    const ready = isOfThese ? foreseen : null;
    const state = ready === null ? 'failed' : 'ready';
    transaction.write(
      `UPDATE approval SET preview_state = $3, preview = $4::jsonb, precondition_digest = $5
       WHERE tenant_id = $1 AND id = $2 AND preview_state = 'pending'`,
      transaction.run.tenantId,
      approvalId,
      state,
      ready === null ? null : storableJson(ready.preview),
      ready?.preconditionDigest ?? null,
    );
    transaction.append({
      type: 'approval-previewed',
      key: `approval-previewed:${approvalId}`,
      data: { approvalId, callId: approval.callId, state },
    });
  });
}
