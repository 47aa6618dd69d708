/** One field of a form made from a JSON Schema, with the fields within it. */
import { useEffect, useRef } from 'preact/hooks';
import { Button } from '../parts/button.js';
import { blankDraft, pathIn, type Draft, type FormProblem } from './form-draft.js';
import type { FormField } from './form-model.js';
import { GroupField } from './group-field.js';
import { Leaf } from './leaf-field.js';
import { ListField } from './list-field.js';

export interface SchemaFieldProps {
  /** Of the form: the ids of all fields begin with it. */
  readonly id: string;
  readonly path: string;
  readonly field: FormField;
  readonly draft: Draft;
  readonly problems: readonly FormProblem[];
  /** Whether the first field takes the focus when it comes up. */
  readonly takesFocus?: boolean;
  readonly onChange: (draft: Draft) => void;
}

export function SchemaField({ takesFocus = false, ...props }: SchemaFieldProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takesFocus) {
      place.current?.querySelector<HTMLElement>('input, textarea, select')?.focus();
    }
  }, [takesFocus]);
  return <div ref={place}>{fieldOf(props)}</div>;
}

function fieldOf(props: SchemaFieldProps) {
  const { field, draft, onChange } = props;
  if (draft.kind === 'absent') {
    return (
      <Button kind="quiet" onClick={() => onChange(blankDraft(field))}>
        Add: {field.label}
      </Button>
    );
  }
  return (
    <>
      <Present {...props} />
      {!field.isRequired && (
        <Button kind="quiet" onClick={() => onChange({ kind: 'absent' })}>
          Leave out: {field.label}
        </Button>
      )}
    </>
  );
}

function Present(props: SchemaFieldProps) {
  const { field, draft, path, onChange } = props;
  if (field.kind === 'group' && draft.kind === 'group') {
    return (
      <GroupField field={field} isOutermost={path === ''}>
        {field.fields.map((inner) => (
          <SchemaField
            {...props}
            key={inner.name}
            path={pathIn(path, inner.name)}
            field={inner}
            draft={draft.fields[inner.name] ?? { kind: 'absent' }}
            onChange={(its) =>
              onChange({ kind: 'group', fields: { ...draft.fields, [inner.name]: its } })
            }
          />
        ))}
      </GroupField>
    );
  }
  if (field.kind === 'list' && draft.kind === 'list') {
    return (
      <ListField field={field} items={draft.items} onChange={onChange}>
        {(item, at, onItem) => (
          <SchemaField
            {...props}
            path={pathIn(path, at + 1)}
            field={{ ...field.item, label: `${field.label} ${at + 1}` }}
            draft={item}
            onChange={onItem}
          />
        )}
      </ListField>
    );
  }
  return <Leaf {...props} />;
}
