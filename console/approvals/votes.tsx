/** Who has said what so far, and how many are still needed. */
import type { ApprovalView } from '../../contracts/approval.js';
import { Quote } from '../parts/quote.js';
import { Clock } from '../parts/times.js';
import { decisionWords } from '../words/approvals.js';

export function Votes({ approval }: { readonly approval: ApprovalView }) {
  const { decisions, quorum, status } = approval;
  const isOneEnough = quorum === 1;
  const counting = decisions.filter((decision) => decision.void !== true).length;
  return (
    <>
      {status === 'pending' && !isOneEnough && (
        <p>
          Takes {quorum} people; {counting} so far.
        </p>
      )}
      {decisions.length > 0 && !(isOneEnough && status !== 'pending') && (
        <ul class="votes">
          {decisions.map(({ id, by, decision, at, message, void: isVoid }) => (
            <li key={id}>
              {by} {decisionWords(decision)} at <Clock at={at} />
              {isVoid === true && ' (does not count any more)'}
              {message !== undefined && <Quote text={message} />}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
