/** One question: what would happen, why a person is asked, and the answer. */
import { useRef, useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { serverNow } from '../api/clock.js';
import { useViewer } from '../api/viewer.js';
import { Badge } from '../parts/badge.js';
import { Fold } from '../parts/fold.js';
import { approvalPath } from '../words/routes.js';
import { titleWords } from '../words/runs.js';
import { countedSentence, hasVoted } from '../words/votes.js';
import { Answering } from './answering.js';
import { Asker } from './asker.js';
import { ChangedArguments } from './changed-arguments.js';
import { offeredTo } from './offered.js';
import { Outcome } from './outcome.js';
import { QuestionDetails } from './question-details.js';
import { Refusal } from './refusal.js';
import { TakeBack } from './take-back.js';
import { useDecision } from './use-decision.js';
import { useSeen } from './use-seen.js';
import { useShortcuts } from './use-shortcuts.js';
import { Votes } from './votes.js';

interface ApprovalCardProps {
  readonly approval: ApprovalView;
  readonly showsRun: boolean;
  /** One below the heading that the card stands under. */
  readonly heading?: 'h2' | 'h3';
  /** Folds away what was asked: for a question in a list that has been answered. */
  readonly isBrief?: boolean;
  /** Whether it is the only question that is shown: then keys may answer it. */
  readonly isAlone: boolean;
  /** What the gateway said of the question after an answer was sent. */
  readonly onLearned: (approval: ApprovalView) => void;
}

export function ApprovalCard(props: ApprovalCardProps) {
  const { approval, showsRun, isBrief, isAlone, heading: Heading = 'h3', onLearned } = props;
  const viewer = useViewer();
  const seen = useSeen(approval);
  const isVoted = approval.status === 'pending' && hasVoted(approval, viewer?.id ?? null);
  const decision = useDecision({ approval, seen, hasVoted: isVoted, onLearned });
  const [isEditing, setEditing] = useState(false);
  const card = useRef<HTMLElement>(null);
  const offered = seen.isOther ? [] : offeredTo(approval, viewer?.id ?? null, serverNow());
  const shortcuts = useShortcuts({
    seen,
    decision,
    offered: isAlone && !isEditing ? offered : [],
    onEdit: () => setEditing(true),
  });
  const { id, status, viewer: its } = approval;
  const isOpen = status === 'pending' && its.canDecide;
  const details = <QuestionDetails approval={approval} />;
  return (
    <article
      ref={card}
      class={`card is-${status}`}
      data-approval={id}
      aria-labelledby={`title-${id}`}
      tabIndex={-1}
      onKeyDown={shortcuts.onKeyDown}
      onFocusOut={shortcuts.onFocusOut}
    >
      <header>
        <Heading id={`title-${id}`}>
          <a href={approvalPath(id)}>{titleWords(approval)}</a>
        </Heading>
        <Badge status={status} />
      </header>
      {showsRun && <Asker approval={approval} />}
      {isBrief === true ? <Fold title="What was asked">{() => details}</Fold> : details}
      <Votes approval={approval} />
      {isVoted && (
        <p class="outcome" tabIndex={-1} ref={decision.outcome}>
          {countedSentence(approval)}
        </p>
      )}
      {!(isOpen && isEditing) && <Refusal refused={decision.refused} />}
      {status !== 'pending' && <Outcome approval={approval} its={decision.outcome} />}
      <TakeBack approval={approval} onLearned={onLearned} />
      {status === 'pending' && !its.canDecide && (
        <p class="hint">Not for you to decide: {its.why}</p>
      )}
      {isOpen && seen.isStale && (
        <ChangedArguments
          approval={approval}
          seen={seen}
          onAccepted={() => card.current?.focus()}
        />
      )}
      {isOpen && (
        <Answering
          approval={approval}
          seen={seen}
          decision={decision}
          offered={offered}
          shortcuts={isAlone ? shortcuts : null}
          isEditing={isEditing}
          onEditing={setEditing}
        />
      )}
    </article>
  );
}
