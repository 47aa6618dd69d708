/** The bar of a yes that is not carried out yet: how long it can still be taken back, and by whom. */
import { useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import { useNow } from '../api/clock.js';
import { act, problemOf } from '../api/request.js';
import { Button } from '../parts/button.js';
import { ProblemBox } from '../parts/problem-box.js';
import type { ProblemFields } from '../words/problems.js';
import { takeBackMs, takeBackSentence } from '../words/take-back.js';

interface TakeBackProps {
  readonly approval: ApprovalView;
  readonly onLearned: (approval: ApprovalView) => void;
}

export function TakeBack({ approval, onLearned }: TakeBackProps) {
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const nowMs = useNow();
  const takeBack = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    await act<ApprovalView>(approval.links.withdrawal, {}).then(onLearned, (error: unknown) =>
      setProblem(problemOf(error)),
    );
    setSending(false);
  };
  if (takeBackMs(approval, nowMs) === 0) return <ProblemBox problem={problem} />;
  return (
    <>
      <div class="take-back">
        <p>{takeBackSentence(approval, nowMs)}</p>
        {approval.viewer.canWithdraw ? (
          <Button kind="danger" isBusy={isSending} onClick={() => void takeBack()}>
            {isSending ? 'Sending…' : 'Take it back'}
          </Button>
        ) : (
          <p class="small">Those who voted for it can.</p>
        )}
      </div>
      <ProblemBox problem={problem} />
    </>
  );
}
