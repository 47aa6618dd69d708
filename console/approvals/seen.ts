/** Whether a question is still about the arguments that the reader was shown. Pure. */
import type { ApprovalView } from '../../contracts/approval.js';

export type Shown = Pick<ApprovalView, 'args' | 'argsDigest' | 'round'>;

interface Compared {
  /** What is known of the question is about other arguments: nothing can be decided now. */
  readonly isOther: boolean;
  /** They were changed since: the reader has to look again. */
  readonly isStale: boolean;
}

/** Compares what was shown with what is known now; what is decided is compared no more. */
export function compareSeen(
  seen: Shown,
  { argsDigest, round, status }: Shown & Pick<ApprovalView, 'status'>,
): Compared {
  const isOther = status === 'pending' && seen.argsDigest !== argsDigest;
  // An answer that was on its way may be older than the reader's own edit.
  return { isOther, isStale: isOther && round > seen.round };
}
