/** Cancels a run, with a reason. What was sent is awaited and told, never undone. */
import { useState } from 'preact/hooks';
import { canDo, type RunView } from '../../contracts/run.js';
import { act, problemOf } from '../api/request.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { Fold } from '../parts/fold.js';
import { ProblemBox } from '../parts/problem-box.js';
import type { ProblemFields } from '../words/problems.js';

interface CancelRunProps {
  readonly run: RunView;
  readonly onCancelled: () => void;
}

export function CancelRun({ run, onCancelled }: CancelRunProps) {
  const [reason, setReason] = useState('');
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  if (!canDo('cancel', run.status)) return <ProblemBox problem={problem} />;
  if (run.cancelRequestedAt !== null) {
    return <p class="wait">Cancelling: what was sent is still awaited.</p>;
  }
  const cancel = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    const said = reason.trim();
    try {
      await act(`${run.links.self}/cancel`, said === '' ? {} : { reason: said });
    } catch (error) {
      setProblem(problemOf(error));
    }
    setSending(false);
    onCancelled();
  };
  return (
    <Fold title="Cancel this run…">
      {() => (
        <div class="answer">
          <Field
            id="cancel-reason"
            label="Reason (may stay empty)"
            help="Nothing new is begun. What was already sent is awaited and told, never undone."
            value={reason}
            onInput={setReason}
          />
          <ProblemBox problem={problem} />
          <div class="buttons">
            <Button kind="danger" isBusy={isSending} onClick={() => void cancel()}>
              {isSending ? 'Sending…' : 'Cancel the run'}
            </Button>
          </div>
        </div>
      )}
    </Fold>
  );
}
