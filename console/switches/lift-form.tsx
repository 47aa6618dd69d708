/** Lifts a kill switch, with a reason. */
import type { KillSwitchView } from '../../contracts/kill-switch.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { ProblemBox } from '../parts/problem-box.js';
import { focusOn } from '../parts/section.js';
import { useSending } from './use-sending.js';

interface LiftFormProps {
  readonly its: KillSwitchView;
  readonly onLifted: () => void;
}

export function LiftForm({ its: { id, links }, onLifted }: LiftFormProps) {
  const { reason, setReason, isReasonMissing, isSending, problem, send } = useSending((refused) => {
    onLifted();
    // The card moves to those that are lifted, and this form with its button goes.
    if (refused === null || refused.code === 'kill-switch-lifted') focusOn('on');
  });
  return (
    <div class="answer">
      <Field
        id={`lift-${id}`}
        label="Why is it safe to go on?"
        value={reason}
        onInput={setReason}
        invalid={isReasonMissing ? 'Say why it is safe to go on.' : null}
      />
      <ProblemBox problem={problem} />
      <div class="buttons">
        <Button kind="primary" isBusy={isSending} onClick={() => void send(links.lifts, {})}>
          {isSending ? 'Sending…' : 'Lift it'}
        </Button>
      </div>
    </div>
  );
}
