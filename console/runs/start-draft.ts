/** The form of an agent's input, as its JSON Schema describes it. Pure. */
import { blankDraft, draftOf, type Draft } from '../forms/form-draft.js';
import { formOf, type FormField } from '../forms/form-model.js';

/** Whether an agent is told a message and nothing else. */
export function isMessageForm(inputSchema: unknown): boolean {
  const field = formOf(inputSchema);
  if (field.kind !== 'group') return false;
  const [first, ...more] = field.fields;
  return first?.name === 'message' && first.kind === 'text' && more.length === 0;
}

/** The form of an input; JSON text where no form can show it. */
export const startField = (inputSchema: unknown): FormField => ({
  ...formOf(inputSchema),
  label: 'Input',
});

/** What stands in it at first: an example where there is one. */
export const startDraft = (field: FormField, example: unknown): Draft =>
  example === undefined ? blankDraft(field) : draftOf(field, example);
