/** The arguments that the reader has been shown: what is decided is decided on these or not at all. */
import { useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';

type Shown = Pick<ApprovalView, 'args' | 'argsDigest' | 'round'>;

export interface Seen {
  readonly args: unknown;
  readonly argsDigest: ApprovalView['argsDigest'];
  /** What is known of the question is about other arguments: nothing can be decided now. */
  readonly isOther: boolean;
  /** They were changed since: the reader has to look again. */
  readonly isStale: boolean;
  /** The reader has looked at these. */
  readonly accept: (shown: Shown) => void;
}

export function useSeen({ args, argsDigest, round, status }: ApprovalView): Seen {
  const [seen, setSeen] = useState<Shown>({ args, argsDigest, round });
  const isOther = status === 'pending' && seen.argsDigest !== argsDigest;
  return {
    args: seen.args,
    argsDigest: seen.argsDigest,
    isOther,
    // An answer that was on its way may be older than the reader's own edit.
    isStale: isOther && round > seen.round,
    accept: (shown) => setSeen(shown),
  };
}
