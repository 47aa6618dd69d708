/** Says of a field of an `agent.yaml` what is wrong with it, and what would be right. Pure. */
import type { z } from 'zod';
import type { YamlPath } from '../policy/yaml-text.js';
import { fieldNames } from './agent-schema.js';

export interface FieldFault {
  readonly path: YamlPath;
  /** The name is what is wrong, not what stands under it. */
  readonly isName: boolean;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** What one issue of the schema means for the person who wrote `value`. */
export function faultsOf(issue: Issue, value: unknown): readonly FieldFault[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  const given = valueAt(value, path);
  if (issue.code === 'unrecognized_keys') {
    const known: readonly string[] = namesAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      isName: true,
      message: unknownWords('is no field', key, known),
    }));
  }
  if (issue.code === 'invalid_union' && typeof given === 'object' && given !== null) {
    // A model that is more than a name is meant as one with fields.
    return (issue.errors.at(-1) ?? []).flatMap((inner) =>
      faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, value),
    );
  }
  const message =
    given === undefined ? 'is missing' : given === null ? 'is empty' : wordIssue(issue, given);
  return [{ path, isName: false, message }];
}

function wordIssue(issue: Issue, given: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${typeWords[issue.expected] ?? issue.expected}; it is ${shown(given)}${quotes(issue, given)}`;
    case 'invalid_value':
      return unknownWords('is not known', String(given), issue.values.map(String));
    case 'invalid_union':
      return `must be the id of a model, or fields (${fieldNames.models.join(', ')})`;
    case 'too_big':
      return `must ${boundWords(issue.origin, 'at most', Number(issue.maximum))}; ${measured(given)}`;
    case 'too_small':
      return `must ${boundWords(issue.origin, 'at least', Number(issue.minimum))}; ${measured(given)}`;
    default:
      return `${issue.message}; it is ${shown(given)}`;
  }
}

/** That something is unknown, what it may have been meant as, and what there is. */
export function unknownWords(what: string, given: string, known: readonly string[]): string {
  const close = closest(given, known);
  const guess = close === null ? '; there are' : `: is ${close} meant? There are`;
  return `${shown(given)} ${what}${guess} ${known.join(', ')}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a whole number',
  array: 'a list',
  tuple: 'a list',
  object: 'fields',
  record: 'fields',
};

/** YAML takes what looks like a number for one. */
const quotes = (issue: Issue, given: unknown): string =>
  issue.code === 'invalid_type' &&
  issue.expected === 'string' &&
  ['number', 'boolean'].includes(typeof given)
    ? ': put it in quotes'
    : '';

function boundWords(origin: string, which: string, bound: number): string {
  if (origin === 'string') return `have ${which} ${plural(bound, 'character')}`;
  if (origin === 'array') return `have ${which} ${bound} of them`;
  return `be ${which} ${bound}`;
}

function measured(given: unknown): string {
  if (typeof given === 'string') return `it has ${given.length}`;
  return Array.isArray(given) ? `there are ${given.length}` : `it is ${shown(given)}`;
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const shownCharacters = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 1)}…` : text;
}

function namesAt(path: YamlPath): readonly string[] {
  const [first = ''] = path;
  return Object.hasOwn(fieldNames, first) ? fieldNames[first as keyof typeof fieldNames] : [];
}

const valueAt = (value: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    value,
  );

/** The known word that a wrong one was most likely meant as; null where none is near. */
function closest(word: string, known: readonly string[]): string | null {
  const near = known
    .map((each) => ({ each, edits: editsBetween(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, edits }) => edits <= Math.ceil(each.length / 3))
    .toSorted((one, other) => one.edits - other.edits);
  return near[0]?.each ?? null;
}

/** Letters to be put in, taken out or changed (Levenshtein), in words of the length of a name. */
function editsBetween(one: string, other: string): number {
  const longest = 64;
  if (Math.max(one.length, other.length) > longest) return longest;
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [before, its] of [...other].entries()) {
      const changed = (row[before] ?? 0) + (letter === its ? 0 : 1);
      next.push(Math.min(changed, (row[before + 1] ?? 0) + 1, (next[before] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
