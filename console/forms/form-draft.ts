/** What is typed into a form, made from a value and made into one again. Pure. */
import type { FormField } from './form-model.js';

/**
 * A field as it stands on the page. `absent` is an optional field that is left out; `json` also
 * stands for a value that does not fit its field.
 */
export type Draft =
  | { readonly kind: 'absent' }
  | { readonly kind: 'text' | 'number' | 'json'; readonly text: string }
  | { readonly kind: 'truth'; readonly isTrue: boolean }
  | { readonly kind: 'choice'; readonly index: number }
  | { readonly kind: 'group'; readonly fields: Readonly<Record<string, Draft>> }
  | { readonly kind: 'list'; readonly items: readonly Draft[] };

/** The draft that stands for exactly this value. */
export function draftOf(field: FormField, value: unknown): Draft {
  if (value === undefined) return { kind: 'absent' };
  const json: Draft = { kind: 'json', text: JSON.stringify(value, null, 2) };
  switch (field.kind) {
    case 'text':
      return typeof value === 'string' ? { kind: 'text', text: value } : json;
    case 'number':
      return typeof value === 'number' ? { kind: 'number', text: String(value) } : json;
    case 'truth':
      return typeof value === 'boolean' ? { kind: 'truth', isTrue: value } : json;
    case 'choice': {
      const text = JSON.stringify(value);
      const index = field.options.findIndex((option) => JSON.stringify(option) === text);
      return index < 0 ? json : { kind: 'choice', index };
    }
    case 'list':
      if (!Array.isArray(value)) return json;
      return { kind: 'list', items: value.map((item) => draftOf(field.item, item)) };
    case 'group':
      return groupDraft(field.fields, value) ?? json;
    case 'json':
      return json;
  }
}

function groupDraft(fields: readonly FormField[], value: unknown): Draft | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const names = new Set(fields.map(({ name }) => name));
  if (Object.keys(value).some((name) => !names.has(name))) return null;
  const own = value as Readonly<Record<string, unknown>>;
  const drafts = fields.map((field): [string, Draft] => [
    field.name,
    draftOf(field, Object.hasOwn(own, field.name) ? own[field.name] : undefined),
  ]);
  return { kind: 'group', fields: Object.fromEntries(drafts) };
}

/** A field that begins to be filled in. */
export function blankDraft(field: FormField): Draft {
  switch (field.kind) {
    case 'text':
    case 'number':
      return { kind: field.kind, text: '' };
    case 'truth':
      return { kind: 'truth', isTrue: false };
    case 'choice':
      return { kind: 'choice', index: 0 };
    case 'list':
      return { kind: 'list', items: [] };
    case 'group': {
      const fields = field.fields.map((inner): [string, Draft] => [
        inner.name,
        inner.isRequired ? blankDraft(inner) : { kind: 'absent' },
      ]);
      return { kind: 'group', fields: Object.fromEntries(fields) };
    }
    case 'json':
      return { kind: 'json', text: '' };
  }
}

/** What cannot be read, by the path of its field. */
export interface FormProblem {
  readonly path: string;
  readonly message: string;
}

export type FormReading =
  | { readonly value: unknown; readonly problems: readonly [] }
  | { readonly value: null; readonly problems: readonly FormProblem[] };

/** The path of a field within another one. */
export const pathIn = (path: string, name: string | number): string =>
  path === '' ? String(name) : `${path}.${name}`;

/** The value that a draft stands for, or everything that keeps it from being one. */
export function readDraft(field: FormField, draft: Draft, path = ''): FormReading {
  switch (draft.kind) {
    case 'absent':
      return { value: undefined, problems: [] };
    case 'text':
      return { value: draft.text, problems: [] };
    case 'truth':
      return { value: draft.isTrue, problems: [] };
    case 'number':
      return readNumber(draft.text, field.kind === 'number' && field.isWhole, path);
    case 'choice':
      return { value: field.kind === 'choice' ? field.options[draft.index] : null, problems: [] };
    case 'json':
      return readJson(draft.text, path);
    case 'list': {
      if (field.kind !== 'list') return { value: null, problems: [] };
      const read = draft.items.map((item, at) => readDraft(field.item, item, pathIn(path, at + 1)));
      return joined(read, () => read.map(({ value }) => value));
    }
    case 'group': {
      const inner = field.kind === 'group' ? field.fields : [];
      const read = inner.map((each) => {
        const its = draft.fields[each.name] ?? { kind: 'absent' };
        return [each.name, readDraft(each, its, pathIn(path, each.name))] as const;
      });
      const present = read.filter(([, { value }]) => value !== undefined);
      return joined(
        read.map(([, reading]) => reading),
        () => Object.fromEntries(present.map(([name, { value }]) => [name, value])),
      );
    }
  }
}

function joined(readings: readonly FormReading[], value: () => unknown): FormReading {
  const problems = readings.flatMap((reading): readonly FormProblem[] => reading.problems);
  return problems.length === 0 ? { value: value(), problems: [] } : { value: null, problems };
}

function readNumber(text: string, isWhole: boolean, path: string): FormReading {
  const number = Number(text.trim());
  const isNumber = text.trim() !== '' && Number.isFinite(number);
  if (isNumber && (!isWhole || Number.isInteger(number))) return { value: number, problems: [] };
  const message = isWhole ? 'This must be a whole number.' : 'This must be a number.';
  return { value: null, problems: [{ path, message }] };
}

function readJson(text: string, path: string): FormReading {
  try {
    return { value: JSON.parse(text) as unknown, problems: [] };
  } catch {
    return { value: null, problems: [{ path, message: 'This is not JSON.' }] };
  }
}
