/** Has undone what a finished run did, and leads from a run to its unwind and back. */
import { useState } from 'preact/hooks';
import type { EffectView } from '../../contracts/effect.js';
import type { RunView } from '../../contracts/run.js';
import { navigate } from '../api/location.js';
import { act, problemOf } from '../api/request.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { Fold } from '../parts/fold.js';
import { ProblemBox } from '../parts/problem-box.js';
import type { ProblemFields } from '../words/problems.js';
import { runPath } from '../words/routes.js';
import { isUndoable } from '../words/runs.js';

interface UnwindRunProps {
  readonly run: RunView;
  readonly effects: readonly EffectView[];
}

export function UnwindRun({ run, effects }: UnwindRunProps) {
  const other = run.unwinds ?? run.unwoundBy;
  if (other !== null) {
    return (
      <p>
        <a href={runPath(other)}>
          {run.unwinds === null ? 'How what it did was undone' : 'The run that it undoes'}
        </a>
      </p>
    );
  }
  return isUndoable(run, effects) ? <AskToUndo run={run} /> : null;
}

function AskToUndo({ run }: Pick<UnwindRunProps, 'run'>) {
  const [reason, setReason] = useState('');
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState<ProblemFields | null>(null);
  const unwind = async (): Promise<void> => {
    setSending(true);
    setProblem(null);
    const said = reason.trim();
    try {
      const body = said === '' ? {} : { reason: said };
      const { id } = await act<RunView>(`${run.links.self}/unwind`, body);
      navigate(runPath(id));
    } catch (error) {
      setProblem(problemOf(error));
    }
    setSending(false);
  };
  return (
    <Fold title="Undo what this run did…">
      {() => (
        <div class="answer">
          <Field
            id="unwind-reason"
            label="Reason (may stay empty)"
            help="A run of its own takes back what it can, the latest first. The rest is listed for you."
            value={reason}
            onInput={setReason}
          />
          <ProblemBox problem={problem} />
          <div class="buttons">
            <Button kind="danger" isBusy={isSending} onClick={() => void unwind()}>
              {isSending ? 'Sending…' : 'Undo what it did'}
            </Button>
          </div>
        </div>
      )}
    </Fold>
  );
}
