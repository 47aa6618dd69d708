/** Two JSON values side by side, leaf by leaf, and where they differ. Pure. */
import { formatMoney } from '../../contracts/money.js';
import { labelOf } from './readable.js';

/** One leaf of two values; null where a value has none. */
export interface Difference {
  /** Such as `amountCents` or `items.0.sku`: unique. */
  readonly path: string;
  readonly label: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly isChanged: boolean;
}

interface Leaf {
  readonly label: string;
  readonly text: string;
  /** Its JSON: a text `1` and a number 1 are told apart. */
  readonly json: string;
}

/** Every leaf of both, those of `after` in their order first, then what it has no more. */
export function differencesOf(before: unknown, after: unknown): readonly Difference[] {
  const old = new Map(leavesOf(before));
  const fresh = new Map(leavesOf(after));
  return [...new Set([...fresh.keys(), ...old.keys()])].map((path) => {
    const was = old.get(path);
    const is = fresh.get(path);
    const label = (is ?? was)?.label ?? path;
    // A change of kind alone would look like none: both are shown as JSON then.
    const isAlike = was?.text === is?.text && was?.json !== is?.json;
    const shownOf = (leaf: Leaf | undefined) => (isAlike ? leaf?.json : leaf?.text) ?? null;
    return {
      path,
      label,
      before: shownOf(was),
      after: shownOf(is),
      isChanged: was?.json !== is?.json,
    };
  });
}

/** Whether two values are the same JSON, whatever the order of their fields. */
export const isSame = (before: unknown, after: unknown): boolean =>
  differencesOf(before, after).every(({ isChanged }) => !isChanged);

const centsName = /Cents$/;

function leavesOf(
  value: unknown,
  path: readonly string[] = [],
  currency: string | null = null,
): readonly (readonly [string, Leaf])[] {
  const entries = entriesOf(value);
  if (entries === null || entries.length === 0) {
    const text = textOf(value, path.at(-1) ?? '', currency);
    const label = path.length === 0 ? 'Value' : path.map(labelOf).join(' › ');
    return [[pathOf(path), { label, text, json: JSON.stringify(value) ?? 'null' }]];
  }
  const own = Array.isArray(value) ? currency : currencyOf(value as object);
  return entries.flatMap(([name, inner]) => leavesOf(inner, [...path, name], own));
}

/** A name with a dot in it must not look like two. */
const pathOf = (path: readonly string[]): string =>
  path.map((name) => (/^\w+$/.test(name) ? name : JSON.stringify(name))).join('.');

function entriesOf(value: unknown): readonly (readonly [string, unknown])[] | null {
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.map((inner, index) => [String(index + 1), inner]);
  return Object.entries(value);
}

function currencyOf(value: object): string | null {
  const currency = 'currency' in value ? value.currency : null;
  return typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : null;
}

function textOf(value: unknown, name: string, currency: string | null): string {
  const isMoney = currency !== null && centsName.test(name) && Number.isSafeInteger(value);
  if (isMoney) return `${formatMoney(value as number, currency)} (${String(value)})`;
  return typeof value === 'string' ? value || '(empty)' : (JSON.stringify(value) ?? 'null');
}

/** Two texts cut at what they share: only the middles differ. */
export interface TextChange {
  readonly start: string;
  readonly before: string;
  readonly after: string;
  readonly end: string;
}

/**
 * Cuts two texts at the longest beginning and end that they have in common, by characters; not at
 * all where most of them differs: a digit marked within a number is harder to read than none.
 */
export function changeOf(before: string, after: string): TextChange {
  const old = [...before];
  const fresh = [...after];
  const most = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < most && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < most - start && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  if (2 * (start + end) < Math.max(old.length, fresh.length)) {
    return { start: '', before, after, end: '' };
  }
  const middle = (characters: readonly string[]): string =>
    characters.slice(start, characters.length - end).join('');
  return {
    start: old.slice(0, start).join(''),
    before: middle(old),
    after: middle(fresh),
    end: old.slice(old.length - end).join(''),
  };
}
