/** The items of one array: each can be taken out, and more can be added. */
import type { ComponentChildren } from 'preact';
import { Button } from '../parts/button.js';
import { blankDraft, type Draft } from './form-draft.js';
import type { FormField } from './form-model.js';

interface ListFieldProps {
  readonly field: FormField & { readonly kind: 'list' };
  readonly items: readonly Draft[];
  readonly onChange: (draft: Draft) => void;
  readonly children: (item: Draft, at: number, onItem: (draft: Draft) => void) => ComponentChildren;
}

export function ListField({ field, items, onChange, children }: ListFieldProps) {
  const change = (changed: readonly Draft[]): void => onChange({ kind: 'list', items: changed });
  return (
    <fieldset class="group is-inner">
      <legend>{field.label}</legend>
      {items.map((item, at) => (
        <div class="group" key={at}>
          {children(item, at, (its) => change(items.with(at, its)))}
          <Button kind="quiet" onClick={() => change(items.toSpliced(at, 1))}>
            Take out: {field.label} {at + 1}
          </Button>
        </div>
      ))}
      <Button kind="quiet" onClick={() => change([...items, blankDraft(field.item)])}>
        Add to: {field.label}
      </Button>
    </fieldset>
  );
}
