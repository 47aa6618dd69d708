/** Who has said what so far; what counts no more is struck through, with why. */
import type { ApprovalView, DecisionView } from '../../contracts/approval.js';
import { Quote } from '../parts/quote.js';
import { Clock } from '../parts/times.js';
import { decisionWords } from '../words/approvals.js';
import { voidWords } from '../words/votes.js';

interface VotesProps {
  readonly approval: ApprovalView;
}

export function Votes({ approval }: VotesProps) {
  const { decisions, quorum, status, withdrawn } = approval;
  // The outcome says all there is to say of a single answer.
  const isOneAnswer = decisions.length === 1 && quorum === 1 && status !== 'pending';
  if (decisions.length === 0 || (isOneAnswer && withdrawn === null)) return null;
  return (
    <ul class="votes plain" aria-label="Votes">
      {decisions.map((vote) => (
        <Vote key={vote.id} vote={vote} approval={approval} />
      ))}
    </ul>
  );
}

function Vote({ vote, approval }: VotesProps & { readonly vote: DecisionView }) {
  const { by, decision, at, message } = vote;
  const words = (
    <>
      {by} {decisionWords(decision)} at <Clock at={at} />
    </>
  );
  return (
    <li>
      {vote.void === true ? (
        <>
          <del>{words}</del> <span class="small">{voidWords(approval, vote)}</span>
        </>
      ) : (
        words
      )}
      {message !== undefined && <Quote text={message} />}
    </li>
  );
}
