/** A field in which one value is typed or chosen: text, number, yes or no, choice, or JSON. */
import { useState } from 'preact/hooks';
import type { Draft, FormProblem } from './form-draft.js';
import type { FormField } from './form-model.js';

interface LeafProps {
  readonly id: string;
  readonly path: string;
  readonly field: FormField;
  readonly draft: Draft;
  readonly problems: readonly FormProblem[];
  readonly onChange: (draft: Draft) => void;
}

export function Leaf(props: LeafProps) {
  const { field, path, problems } = props;
  const id = `${props.id}-${path === '' ? 'all' : path}`;
  const problem = problems.find((each) => each.path === path)?.message ?? null;
  const isJson = props.draft.kind === 'json';
  return (
    <div class="field">
      <label for={id}>
        {field.label}
        {isJson && <span class="small"> (JSON)</span>}
      </label>
      <Control {...props} id={id} problem={problem} />
      {field.help !== '' && (
        <p id={`${id}-help`} class="small">
          {field.help}
        </p>
      )}
      {problem !== null && (
        <p id={`${id}-invalid`} class="invalid" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Control({
  id,
  field,
  draft,
  problem,
  onChange,
}: LeafProps & { readonly problem: string | null }) {
  const describing = [
    field.help === '' ? '' : `${id}-help`,
    problem === null ? '' : `${id}-invalid`,
  ];
  const marks = {
    id,
    'aria-describedby': describing.join(' ').trim() || undefined,
    'aria-invalid': problem === null ? undefined : true,
  };
  if (draft.kind === 'truth' || draft.kind === 'choice') {
    const isTruth = draft.kind === 'truth';
    const options = field.kind === 'choice' ? field.options.map(optionWords) : [];
    return (
      <select
        {...marks}
        value={isTruth ? Number(draft.isTrue) : draft.index}
        onChange={({ currentTarget: { value } }) =>
          onChange(
            isTruth
              ? { kind: 'truth', isTrue: value === '1' }
              : { kind: 'choice', index: Number(value) },
          )
        }
      >
        {(isTruth ? ['no', 'yes'] : options).map((words, index) => (
          <option key={words} value={index}>
            {words}
          </option>
        ))}
      </select>
    );
  }
  if (draft.kind !== 'text' && draft.kind !== 'number' && draft.kind !== 'json') return null;
  const isLong = field.kind === 'text' && field.isLong;
  return <Typed {...{ marks, draft, isLong, onChange }} />;
}

interface TypedProps {
  readonly marks: object;
  readonly draft: Extract<Draft, { readonly text: string }>;
  readonly isLong: boolean;
  readonly onChange: (draft: Draft) => void;
}

function Typed({ marks, draft: { kind, text }, isLong, onChange }: TypedProps) {
  // One line would swallow the line breaks of a text that has some.
  const [hadLines] = useState(() => text.includes('\n'));
  const onInput = (typed: string): void => onChange({ kind, text: typed });
  return isLong || hadLines || kind === 'json' ? (
    <textarea
      {...marks}
      rows={kind === 'json' ? 8 : 2}
      dir="auto"
      class={kind === 'json' ? 'code' : ''}
      value={text}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  ) : (
    <input
      {...marks}
      type="text"
      dir="auto"
      autoComplete="off"
      inputMode={kind === 'number' ? 'decimal' : undefined}
      value={text}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  );
}

const optionWords = (option: unknown): string =>
  typeof option === 'string' ? option : JSON.stringify(option);
