/** Other arguments than those that were asked about: typed in a form, compared, then decided on. */
import { useState } from 'preact/hooks';
import type { ApprovalView } from '../../contracts/approval.js';
import {
  blankDraft,
  draftOf,
  readDraft,
  type Draft,
  type FormReading,
} from '../forms/form-draft.js';
import { formOf, type FormField } from '../forms/form-model.js';
import { SchemaField } from '../forms/schema-field.js';
import { Button } from '../parts/button.js';
import { Comparison } from '../parts/comparison.js';
import { Quote } from '../parts/quote.js';
import { isSame } from '../words/differences.js';
import { editConsequences } from '../words/votes.js';
import { MessageField } from './message-field.js';
import { Refusal } from './refusal.js';
import type { Decision } from './use-decision.js';
import type { Seen } from './use-seen.js';

interface EditFormProps {
  readonly approval: ApprovalView;
  readonly seen: Seen;
  readonly decision: Decision;
  readonly onClose: () => void;
}

export function EditForm({ approval, seen, decision, onClose }: EditFormProps) {
  const [form, setForm] = useState(() => startForm(approval));
  const [isUnchanged, setUnchanged] = useState(false);
  const reading = readDraft(form.field, form.draft);
  const send = async (): Promise<void> => {
    if (reading.problems.length > 0) return;
    const isAlike = isSame(seen.args, reading.value);
    setUnchanged(isAlike);
    if (isAlike) return;
    if (await decision.decide('edit', reading.value)) onClose();
  };
  return (
    <div class="edit" role="group" aria-label={`Edit: ${approval.title}`}>
      <div class="columns">
        <div class="answer">
          <p class="part">Change the arguments</p>
          <SchemaField
            id={`edit-${approval.id}`}
            path=""
            field={form.field}
            draft={form.draft}
            problems={reading.problems}
            takesFocus
            onChange={(draft) => {
              setUnchanged(false);
              setForm({ ...form, draft });
            }}
          />
        </div>
        <div>
          <p class="part">What is different</p>
          <Differences seen={seen} reading={reading} />
        </div>
      </div>
      <MessageField approval={approval} decision={decision} />
      <p class="hint">{editConsequences(approval)}</p>
      {isUnchanged && (
        <p class="invalid" role="alert">
          These are the same arguments: change something, or approve them as they are.
        </p>
      )}
      <Refusal refused={decision.refused} />
      <div class="buttons">
        <Button
          kind="primary"
          isBusy={decision.sending !== null || seen.isOther}
          onClick={() => void send()}
        >
          {decision.sending === 'edit' ? 'Sending…' : 'Use these instead'}
        </Button>
        <Button onClick={onClose}>Discard the edit</Button>
      </div>
    </div>
  );
}

/** The form of the tool's schema; JSON text where these arguments do not fit it. */
function startForm({ argsSchema, args }: ApprovalView): {
  readonly field: FormField;
  readonly draft: Draft;
} {
  const field = formOf(argsSchema);
  return { field, draft: args === null ? blankDraft(field) : draftOf(field, args) };
}

interface DifferencesProps {
  readonly seen: Seen;
  readonly reading: FormReading;
}

function Differences({ seen, reading }: DifferencesProps) {
  if (reading.problems.length > 0) {
    return <Quote text="Shown when every field can be read." />;
  }
  return (
    <Comparison
      caption="Your arguments beside those that were asked about"
      before={seen.args}
      after={reading.value}
      beforeTitle="As asked"
      afterTitle="Yours"
    />
  );
}
