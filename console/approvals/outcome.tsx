/** What became of a question, and how long ago. */
import type { RefObject } from 'preact';
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { Ticking } from '../parts/times.js';
import { closedWords, outcomeSentence } from '../words/approvals.js';

interface OutcomeProps {
  readonly approval: ApprovalView;
  /** It takes the focus when the form that was there has gone. */
  readonly its: RefObject<HTMLParagraphElement | null>;
}

export const Outcome = ({ approval, its }: OutcomeProps) => (
  <p class="outcome" tabIndex={-1} ref={its}>
    {outcomeSentence(approval, serverNow())}{' '}
    <span class="small">
      <Ticking text={(nowMs) => closedWords(approval, nowMs)} />
    </span>
  </p>
);
