/** Which answers a person may give to a question now. Pure. */
import type { ApprovalView, DecisionKind } from '../../contracts/approval.js';
import { previewPendingMs } from '../../contracts/preview.js';
import { hasVoted } from '../words/votes.js';

type Asked = Pick<
  ApprovalView,
  'status' | 'allowedDecisions' | 'viewer' | 'decisions' | 'preview' | 'requestedAt'
>;

const inOrder: readonly DecisionKind[] = ['approve', 'edit', 'respond', 'reject'];
const isNo = (kind: DecisionKind): boolean => kind === 'reject' || kind === 'respond';

/**
 * The allowed ones, in the order of their buttons. A yes is a yes to what is fully known, and is
 * said once by each; a no can always be given.
 */
export function offeredTo(
  approval: Asked,
  who: string | null,
  nowMs: number,
): readonly DecisionKind[] {
  const { status, viewer, allowedDecisions, preview, requestedAt } = approval;
  if (status !== 'pending' || !viewer.canDecide) return [];
  const now = new Date(nowMs).toISOString();
  const isKnown = previewPendingMs({ previewState: preview.state, requestedAt }, now) === 0;
  return inOrder
    .filter((kind) => allowedDecisions.includes(kind) && (isKnown || isNo(kind)))
    .filter((kind) => kind !== 'approve' || !hasVoted(approval, who));
}
