/** Runs that stand at a question with a preview, made by the store alone. */
import type { JudgedCall } from '../../store/turn-commit.js';
import { invariant } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import type { Database } from '../../store/database.js';
import { recordPreview, type Foreseen } from '../../store/previews.js';
import { planInRun, type AskedRun } from './asked-run.js';
import { queueRun } from './queued-run.js';

/** A run that asks for a refund, whose tool is to say first what it will do. */
export async function askToPreview(
  database: Database,
  changes: Partial<JudgedCall> = {},
): Promise<AskedRun> {
  const runId = await queueRun(database);
  const { callId, approval } = await planInRun(database, runId, { previews: true, ...changes });
  invariant(approval?.previews === true, 'the call asks, and is to be previewed');
  const { approvalId, expiresAt } = approval;
  return { runId, callId, approvalId, expiresAt };
}

/** What a tool says where this much was refunded so far; null facts for what rests on nothing. */
export const foreseenAt = (refundedCents: number | null): Foreseen => ({
  preview: {
    sentence: `It gives money back; so far: ${refundedCents}.`,
    changes: [],
    reversibility: 'by-person',
    cost: '180.00 EUR',
  },
  preconditionDigest: refundedCents === null ? null : digestOf({ refundedCents }),
});

/** The same with its preview there. */
export async function previewInRun(
  database: Database,
  foreseen: Foreseen = foreseenAt(0),
  changes: Partial<JudgedCall> = {},
): Promise<AskedRun> {
  const asked = await askToPreview(database, changes);
  const address = { tenantId: 'default', runId: asked.runId };
  await recordPreview(database, address, asked.approvalId, foreseen);
  return asked;
}

/** As if the question had been put 31 seconds earlier. */
export async function waitInVain({ pool }: Database, { approvalId }: AskedRun): Promise<void> {
  await pool.query(
    `UPDATE approval SET requested_at = requested_at - interval '31 seconds' WHERE id = $1`,
    [approvalId],
  );
}
