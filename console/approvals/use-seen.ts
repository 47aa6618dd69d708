/** The arguments that the reader has been shown: what is decided is decided on these or not at all. */
import { useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { compareSeen, type Shown } from './seen.js';

export interface Seen extends Shown, ReturnType<typeof compareSeen> {
  /** The reader has looked at these. */
  readonly accept: (shown: Shown) => void;
}

export function useSeen(approval: ApprovalView): Seen {
  const { args, argsDigest, round } = approval;
  const [seen, setSeen] = useState<Shown>({ args, argsDigest, round });
  return { ...seen, ...compareSeen(seen, approval), accept: (shown) => setSeen(shown) };
}
