/** What happened, its reference, and how one knows. */
import type { EffectDetail } from '../../contracts/effect-detail.js';
import { Button } from '../parts/button.js';
import { Field } from '../parts/field.js';
import type { ResolutionState } from './use-resolution.js';

const referenceCharacters = 200;

interface ResolutionFormProps {
  readonly effect: EffectDetail;
  readonly resolution: ResolutionState;
}

export function ResolutionForm({ effect, resolution }: ResolutionFormProps) {
  const { key, title, viewer } = effect;
  const { fields, change, missing, isSending, send } = resolution;
  return (
    <div class="answer" role="group" aria-label={`Say what happened: ${title}`}>
      <Outcomes effect={effect} resolution={resolution} />
      <div class="field">
        <label for={`reference-${key}`}>Reference in the service, if there is one</label>
        <input
          id={`reference-${key}`}
          type="text"
          autoComplete="off"
          maxLength={referenceCharacters}
          value={fields.externalRef}
          onInput={({ currentTarget }) => change({ externalRef: currentTarget.value })}
        />
      </div>
      <Field
        id={`found-${key}`}
        label="How do you know?"
        help="It stays on record with your name; the model reads it too."
        value={fields.message}
        onInput={(message) => change({ message })}
        invalid={
          missing === 'message' ? 'Say how you know it: the model and the auditors read it.' : null
        }
      />
      <div class="buttons">
        <Button kind="primary" isBusy={isSending} onClick={() => void send()}>
          {isSending ? 'Sending…' : 'Record this'}
        </Button>
        <p class="small">{viewer.why}</p>
      </div>
    </div>
  );
}

const Outcomes = ({
  effect: { key, answers },
  resolution: { fields, change, missing },
}: ResolutionFormProps) => (
  <fieldset>
    <legend>What happened?</legend>
    {answers.map(({ outcome, then }) => (
      <label class="choice" key={outcome}>
        <input
          type="radio"
          name={`outcome-${key}`}
          checked={fields.outcome === outcome}
          onChange={() => change({ outcome })}
        />
        {then}
      </label>
    ))}
    {missing === 'outcome' && (
      <p class="invalid" role="alert">
        Say what happened.
      </p>
    )}
  </fieldset>
);
