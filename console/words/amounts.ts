/** Numbers, money and texts in the forms that sentences need. Pure. */
import type { Usage } from '../../contracts/run.js';

export const count = (number: number): string => new Intl.NumberFormat('en-US').format(number);

/** `1 call`, `2 calls`. */
export const plural = (number: number, noun: string): string =>
  `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Codes whose own words would say more than is known. */
const saidOfCodes: ReadonlyMap<string, string> = new Map([
  ['tool-unreachable', 'the service did not answer clearly'],
]);

/** A code as words: `model-overloaded` gives "model overloaded". */
export const codeWords = (code: string): string =>
  saidOfCodes.get(code) ?? code.replaceAll('-', ' ');

/** Millionths of a dollar: `0.0031 USD`; four decimals, since a turn costs cents at most. */
export function costWords(micros: number): string {
  if (micros > 0 && micros < 100) return 'less than 0.0001 USD';
  return `${(micros / 1_000_000).toFixed(4)} USD`;
}

export const tokenWords = (inputTokens: number, cached = ''): string =>
  `${plural(inputTokens, 'token')} in${cached}`;

/** What a run has used of the model. */
export function usageWords(usage: Usage): string {
  const { inputTokens, outputTokens, cacheReadTokens, costMicrosUsd, costEstimated } = usage;
  const { lostAttempts } = usage;
  const cached = cacheReadTokens > 0 ? ` (+ ${count(cacheReadTokens)} from the cache)` : '';
  const isFree = costMicrosUsd === 0 && !costEstimated;
  const cost = isFree ? freeWords(inputTokens + outputTokens) : costWords(costMicrosUsd);
  const estimated = costEstimated ? ', estimated' : '';
  const lost =
    lostAttempts > 0 ? ` · with ${plural(lostAttempts, 'call')} that came to nothing` : '';
  const tokens = `${tokenWords(inputTokens, cached)} · ${count(outputTokens)} out`;
  return `${tokens} · ${cost}${estimated}${lost}`;
}

/** Only the stand-in has the price 0. */
const freeWords = (tokens: number): string => (tokens > 0 ? 'no cost (stand-in)' : 'no cost');

/** The text of a run's input or output: its one text where it is that and nothing else, or its JSON. */
export function messageOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  const [first, ...more] = Object.values(value);
  return typeof first === 'string' && more.length === 0 ? first : JSON.stringify(value);
}

const lineCharacters = 140;

/** The first line of a run's input or output, bounded: of its one text where it has several fields. */
export function firstLine(value: unknown): string {
  const line = (onlyTextOf(value) ?? messageOf(value)).trim().split('\n', 1)[0] ?? '';
  const characters = [...line];
  return characters.length > lineCharacters
    ? `${characters.slice(0, lineCharacters - 1).join('')}…`
    : line;
}

/** The text of a value that has one text among its fields. */
function onlyTextOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const texts = Object.values(value).filter((each) => typeof each === 'string');
  return texts.length === 1 ? (texts[0] ?? null) : null;
}
