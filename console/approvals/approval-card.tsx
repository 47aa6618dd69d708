/** One question: what would happen, why a person is asked, and the answer. */
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { Badge } from '../parts/badge.js';
import { Fold } from '../parts/fold.js';
import { Ticking } from '../parts/times.js';
import { approversWords, expirySentence, outcomeSentence } from '../words/approvals.js';
import { approvalPath } from '../words/routes.js';
import { titleWords } from '../words/runs.js';
import { Arguments } from './arguments.js';
import { Asker } from './asker.js';
import { DecisionForm } from './decision-form.js';
import { Refusal } from './refusal.js';
import { useDecision } from './use-decision.js';
import { Votes } from './votes.js';

interface ApprovalCardProps {
  readonly approval: ApprovalView;
  readonly showsRun: boolean;
  /** One below the heading that the card stands under. */
  readonly heading?: 'h2' | 'h3';
  /** Folds away what was asked: for a question in a list that has been answered. */
  readonly isBrief?: boolean;
  /** What the gateway said of the question after an answer was sent. */
  readonly onLearned: (approval: ApprovalView) => void;
}

export function ApprovalCard(props: ApprovalCardProps) {
  const { approval, showsRun, isBrief, heading: Heading = 'h3', onLearned } = props;
  const decision = useDecision(approval, onLearned);
  const { id, status, viewer } = approval;
  const isPending = status === 'pending';
  const details = <Details approval={approval} />;
  return (
    <article class={`card is-${status}`} data-approval={id} aria-labelledby={`title-${id}`}>
      <header>
        <Heading id={`title-${id}`}>
          <a href={approvalPath(id)}>{titleWords(approval)}</a>
        </Heading>
        <Badge status={status} />
      </header>
      {showsRun && <Asker approval={approval} />}
      {isBrief === true ? <Fold title="What was asked">{() => details}</Fold> : details}
      <Votes approval={approval} />
      <Refusal refused={decision.refused} />
      {!isPending && (
        <p class="outcome" tabIndex={-1} ref={decision.outcome}>
          {outcomeSentence(approval, serverNow())}
        </p>
      )}
      {isPending && !viewer.canDecide && <p class="hint">Not for you to decide: {viewer.why}</p>}
      {isPending && viewer.canDecide && <DecisionForm approval={approval} decision={decision} />}
    </article>
  );
}

const Details = ({ approval }: { readonly approval: ApprovalView }) => (
  <>
    <Arguments tool={approval.tool} args={approval.args} originalArgs={approval.originalArgs} />
    <dl class="facts">
      <dt>Why you are asked</dt>
      <dd>
        {approval.reason} <span class="small">Rule {approval.rule}.</span>
      </dd>
      <dt>Who may decide</dt>
      <dd>
        {approversWords(approval.approvers)}
        {approval.quorum > 1 && `, ${approval.quorum} people`}
      </dd>
      {approval.status === 'pending' && (
        <>
          <dt>Until</dt>
          <dd>
            <Ticking text={(nowMs) => expirySentence(approval, nowMs)} />
          </dd>
        </>
      )}
    </dl>
  </>
);
