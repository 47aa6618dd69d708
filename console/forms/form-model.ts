/** The form that a JSON Schema describes, and JSON text for what no form can show. Pure. */
import { labelOf } from '../words/readable.js';

interface FieldWords {
  /** The name in its object; its place from 1 on in a list. */
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly isRequired: boolean;
}

/** One field as it is typed. `json` shows what the others cannot. */
export type FormField = FieldWords &
  (
    | { readonly kind: 'text'; readonly isLong: boolean }
    | { readonly kind: 'number'; readonly isWhole: boolean }
    | { readonly kind: 'truth' }
    | { readonly kind: 'choice'; readonly options: readonly unknown[] }
    | { readonly kind: 'group'; readonly fields: readonly FormField[] }
    | { readonly kind: 'list'; readonly item: FormField }
    | { readonly kind: 'json' }
  );

type Schema = Readonly<Record<string, unknown>>;

/** Deeper than this nobody reads a form: JSON is clearer. */
const deepestFields = 4;
/** Texts that may be longer than this get several lines. */
const lineCharacters = 200;

/** What makes one value fit in several ways, or names fields that are not listed. */
const unshowable = [
  '$ref',
  'oneOf',
  'anyOf',
  'allOf',
  'not',
  'if',
  'patternProperties',
  'prefixItems',
  'dependentSchemas',
];

/** The form of a schema whose field stands under `name`. */
export function formOf(schema: unknown, name = '', isRequired = true, depth = 0): FormField {
  const known = (typeof schema === 'object' && schema !== null ? schema : {}) as Schema;
  const words: FieldWords = {
    name,
    label: name === '' ? 'Arguments' : labelOf(name),
    help: typeof known['description'] === 'string' ? known['description'] : '',
    isRequired,
  };
  const json: FormField = { ...words, kind: 'json' };
  if (depth > deepestFields || unshowable.some((word) => word in known)) return json;
  const options = known['enum'] ?? ('const' in known ? [known['const']] : null);
  if (Array.isArray(options)) return { ...words, kind: 'choice', options };
  switch (known['type']) {
    case 'string':
      return { ...words, kind: 'text', isLong: isLong(known) };
    case 'integer':
    case 'number':
      return { ...words, kind: 'number', isWhole: known['type'] === 'integer' };
    case 'boolean':
      return { ...words, kind: 'truth' };
    case 'array': {
      const item = formOf(known['items'], '', true, depth + 1);
      return { ...words, kind: 'list', item: { ...item, label: words.label } };
    }
    case 'object':
      return groupOf(known, words, depth) ?? json;
    default:
      return json;
  }
}

/** Null where fields may come that no name is known of. */
function groupOf(schema: Schema, words: FieldWords, depth: number): FormField | null {
  const { properties, additionalProperties } = schema;
  if (typeof properties !== 'object' || properties === null) return null;
  if (typeof additionalProperties === 'object') return null;
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const fields = Object.entries(properties).map(([name, inner]) =>
    formOf(inner, name, required.includes(name), depth + 1),
  );
  return { ...words, kind: 'group', fields };
}

const isLong = ({ maxLength, format, pattern }: Schema): boolean =>
  typeof maxLength === 'number'
    ? maxLength > lineCharacters
    : format === undefined && pattern === undefined;
