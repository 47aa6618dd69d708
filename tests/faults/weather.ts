/** The weather that a long run meets: which fault each request to its model gets, and how it is to end. */
import type { ModelFailureCode } from '../../activities/models/model-error.js';
import type { FallbackReason, ModelChain, ModelChoice } from '../../contracts/model-choice.js';
import type { FaultName } from '../../stand-ins/model/fault-table.js';
import { modelFailures } from '../../activities/models/model-error.js';
import type { Dice } from '../support/seed.js';

/** How an answer that is no error stops. */
type Stopped = 'whole' | 'cut-call' | 'cut' | 'paused' | 'unknown';

/** What a request meets: a failure by its code, or an answer that stops in some way. */
export const met = {
  calm: 'whole',
  overload: 'model-overloaded',
  unavailable: 'model-overloaded',
  'rate-limit': 'model-rate-limited',
  'ramp-limit': 'model-rate-limited',
  'spend-limit': 'model-quota',
  'contract-limit': 'model-quota',
  'own-limit': 'model-quota',
  'no-credit': 'model-quota',
  'server-error': 'model-unreachable',
  'server-timeout': 'model-unreachable',
  'request-timeout': 'model-unreachable',
  conflict: 'model-unreachable',
  'no-answer': 'model-unreachable',
  hang: 'model-unreachable',
  'bad-gateway': 'model-unreachable',
  'error-body': 'model-unreachable',
  'cut-stream': 'model-unreachable',
  stall: 'model-stalled',
  'stream-overload': 'model-overloaded',
  'context-too-long': 'model-context-too-long',
  'too-large': 'model-context-too-long',
  'context-full': 'model-context-too-long',
  'bad-request': 'model-rejected',
  'bad-key': 'model-rejected',
  'no-permission': 'model-rejected',
  'no-model': 'model-rejected',
  unprocessable: 'model-rejected',
  refuse: 'model-refused',
  'half-json': 'model-output-invalid',
  truncate: 'cut-call',
  'truncate-text': 'cut',
  pause: 'paused',
  'stop-word': 'whole',
  'new-stop': 'unknown',
} as const satisfies Record<FaultName, ModelFailureCode | Stopped>;

/** The failure that a fault amounts to; null for an answer. */
export function codeOf(fault: FaultName): ModelFailureCode | null {
  const what = met[fault];
  return what in modelFailures ? (what as ModelFailureCode) : null;
}

/** A fault some times in a row, and calm requests after it. */
interface Gust {
  readonly fault: FaultName;
  readonly times: number;
}

/** How a run ends: by its work being done, or by a gust that nothing helps against. */
export const ends = [
  null,
  // An end may fall upon a summary, which a run does without: so each comes once more than is needed.
  { fault: 'refuse', times: 2 },
  { fault: 'new-stop', times: 2 },
  { fault: 'pause', times: 7 },
  { fault: 'bad-key', times: 2 },
  { fault: 'stop-word', times: 2 },
  { fault: 'half-json', times: 6 },
  { fault: 'context-too-long', times: 4 },
  { fault: 'truncate-text', times: 7 },
  { fault: 'bad-request', times: 2 },
  { fault: 'too-large', times: 4 },
  { fault: 'no-permission', times: 2 },
  { fault: 'no-model', times: 2 },
  { fault: 'unprocessable', times: 2 },
  { fault: 'context-full', times: 4 },
] as const satisfies readonly (Gust | null)[];

/** How often in a row what is not named here may come: it passes by itself. */
const passing = 3;
const mostInARow: Partial<Record<FaultName, number>> = {
  // Asked again twice.
  'half-json': 2,
  truncate: 3,
  pause: 4,
  'truncate-text': 4,
  // What a summary has helped against once, it does not help against a second time in the same turn.
  'context-too-long': 1,
  'too-large': 1,
  'context-full': 1,
  // A minute each, and a person each.
  hang: 1,
  'spend-limit': 1,
  'contract-limit': 1,
  'own-limit': 1,
  'no-credit': 1,
};
/** These can only end a run. */
const lastOnly: ReadonlySet<FaultName> = new Set(['calm', 'stop-word', 'new-stop']);

export interface Weather {
  /** For the first message of the run. */
  readonly words: string;
  readonly gusts: readonly Gust[];
  readonly chain: ModelChain;
  readonly end: Gust | null;
}

const models = ['claude-haiku-5-5', 'claude-sonnet-5-5'] as const;
const reasons: readonly (readonly FallbackReason[])[] = [
  ['refused', 'rejected'],
  ['refused', 'rejected', 'context-too-long', 'quota'],
];

/**
 * The weather of about so many turns. Each row comes before one comes a second time; `without` are
 * left out. Every other number has a chain that helps against more.
 */
export function drawWeather(
  dice: Dice,
  number: number,
  turns: number,
  without: readonly FaultName[] = [],
): Weather {
  const rows = (Object.keys(met) as FaultName[]).filter(
    (fault) => !lastOnly.has(fault) && !without.includes(fault),
  );
  const fallbackOn = reasons[number % reasons.length] ?? [];
  const end = ends[number % ends.length] ?? null;
  // Of a conversation that has not begun nothing can be summed up.
  const gusts: Gust[] = [{ fault: 'calm', times: 2 }];
  let deck: FaultName[] = [];
  for (let left = turns - 2; left > 0;) {
    if (deck.length === 0) deck = shuffled(rows, dice);
    const fault = deck.pop() ?? 'overload';
    const times = 1 + dice.roll(mostInARow[fault] ?? (leaves(fallbackOn, fault) ? 1 : passing));
    // After a summary a turn must be whole before there is anything to be summed up again.
    const calm = (codeOf(fault) === 'model-context-too-long' ? 3 : 1) + dice.roll(3);
    gusts.push({ fault, times }, { fault: 'calm', times: calm });
    left -= calm + (fault === 'pause' || fault === 'truncate-text' ? times : 0);
  }
  if (end !== null) gusts.push(end);
  const words = gusts.map(({ fault, times }) => `[${fault}${times === 1 ? '' : ` x${times}`}]`);
  const before = gusts.filter((gust) => gust !== end && leaves(fallbackOn, gust.fault)).length;
  return { words: words.join(' '), gusts, chain: chainOf(before + 1, fallbackOn), end };
}

/** Whether a run leaves its model because of a fault. */
export function leaves(fallbackOn: readonly FallbackReason[], fault: FaultName): boolean {
  const code = codeOf(fault);
  const reason = code === null ? null : modelFailures[code].fallback;
  return reason !== null && fallbackOn.includes(reason);
}

/** A chain of so many links, of which the last has none after it. */
function chainOf(length: number, fallbackOn: readonly FallbackReason[]): ModelChain {
  const link = (index: number): ModelChoice => ({
    provider: 'anthropic',
    model: models[index % models.length] ?? models[0],
    fallbackOn,
  });
  const rest = Array.from({ length: length - 1 }, (_, index) => link(index + 1));
  return [link(0), ...rest];
}

function shuffled<Item>(items: readonly Item[], dice: Dice): Item[] {
  const left = [...items];
  return items.flatMap(() => left.splice(dice.roll(left.length), 1));
}
