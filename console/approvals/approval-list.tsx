/** Questions that wait for people, as cards, the one that waits longest first. */
import { useRef } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { ApprovalCard } from './approval-card.js';
import { useQuestions } from './use-questions.js';

interface ApprovalListProps {
  /** What the gateway lists now. */
  readonly listed: readonly ApprovalView[];
  /** False on the page of the run itself. */
  readonly showsRun: boolean;
  readonly onChange: () => void;
}

export function ApprovalList({ listed, showsRun, onChange }: ApprovalListProps) {
  const list = useRef<HTMLDivElement>(null);
  const { questions, learn } = useQuestions(listed, list);
  const isAlone = questions.filter(({ approval }) => approval.status === 'pending').length === 1;
  return (
    <div class="cards" ref={list}>
      {questions.map(({ approval }) => (
        <ApprovalCard
          key={approval.id}
          approval={approval}
          showsRun={showsRun}
          isAlone={isAlone}
          isBrief={approval.status !== 'pending'}
          onLearned={(now) => {
            learn(now);
            onChange();
          }}
        />
      ))}
    </div>
  );
}
