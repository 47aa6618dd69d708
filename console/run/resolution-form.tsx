/** What happened, its reference, and how one knows. */
import type { Resolution } from '../../contracts/effect.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import { ProblemBox } from '../parts/problem-box.js';
import { useResolution, type ResolutionState } from './use-resolution.js';

const outcomes: readonly { readonly outcome: Resolution; readonly text: string }[] = [
  { outcome: 'happened', text: 'It happened. The call succeeded.' },
  { outcome: 'absent', text: 'It did not happen. The model is told, and may ask again.' },
  { outcome: 'compensated', text: 'It happened and was made good, so it counts as undone.' },
];

const referenceCharacters = 200;

interface ResolutionFormProps {
  readonly effectKey: string;
  readonly onResolved: () => void;
}

export function ResolutionForm({ effectKey, onResolved }: ResolutionFormProps) {
  const state = useResolution(effectKey, onResolved);
  const { fields, change, missing, isSending, problem, send } = state;
  return (
    <div class="answer">
      <Outcomes effectKey={effectKey} state={state} />
      <div class="field">
        <label for={`reference-${effectKey}`}>Reference in the service, if there is one</label>
        <input
          id={`reference-${effectKey}`}
          type="text"
          autoComplete="off"
          maxLength={referenceCharacters}
          value={fields.externalRef}
          onInput={({ currentTarget }) => change({ externalRef: currentTarget.value })}
        />
      </div>
      <Field
        id={`found-${effectKey}`}
        label="How do you know?"
        help="The model reads this as the result of its call."
        value={fields.message}
        onInput={(message) => change({ message })}
        invalid={
          missing === 'message' ? 'Say how you know it: the model and the auditors read it.' : null
        }
      />
      <ProblemBox problem={problem} />
      <div class="buttons">
        <Button kind="primary" isBusy={isSending} onClick={() => void send()}>
          {isSending ? 'Sending…' : 'Record this'}
        </Button>
      </div>
    </div>
  );
}

interface OutcomesProps {
  readonly effectKey: string;
  readonly state: ResolutionState;
}

const Outcomes = ({ effectKey, state: { fields, change, missing } }: OutcomesProps) => (
  <fieldset>
    <legend>What happened?</legend>
    {outcomes.map(({ outcome, text }) => (
      <label class="choice" key={outcome}>
        <input
          type="radio"
          name={`outcome-${effectKey}`}
          checked={fields.outcome === outcome}
          onChange={() => change({ outcome })}
        />
        {text}
      </label>
    ))}
    {missing === 'outcome' && (
      <p class="invalid" role="alert">
        Say what happened.
      </p>
    )}
  </fieldset>
);
