/** What a run waits for, and what it does, as people say it. Pure: now is always given. */
import type { CallView } from '../../contracts/call.js';
import type { RunView, Wait, WaitKind } from '../../contracts/run.js';
import { isHeld } from '../../contracts/status.js';
import { capital } from './amounts.js';
import { clockWords, countWords } from './times.js';

/** Roles and parts of the system, as they are called in a sentence. */
const known: ReadonlyMap<string, string> = new Map([
  ['approver', 'an approver'],
  ['operator', 'an operator'],
  ['admin', 'an administrator'],
  ['temporal', 'Temporal'],
  ['worker', 'a worker'],
  ['model', 'the model'],
  ['postgres', 'Postgres'],
]);

const nameOf = (who: string): string =>
  who
    .split(' or ')
    .map((name) => known.get(name) ?? name)
    .join(' or ');

/** What begins a sentence. A tool's name is never capitalised. */
const subjectOf = (who: string): string =>
  /^(?:an?|the) |^[A-Z]/.test(who) ? capital(who) : `A call of ${who}`;

/** Whom or what a run waits for. */
const waitOpenings: Readonly<Record<WaitKind, (who: string) => string>> = {
  approval: (who) => `Waits for ${who} to decide`,
  message: (who) => `Waits for a message from ${who}`,
  effect: (who) => `It is not known whether something happened: waits for ${who}`,
  retry: (who) => `${subjectOf(who)} failed and is tried again`,
  'rate-limit': (who) => `${subjectOf(who)} limits our rate`,
  budget: (who) => `The budget is used up: waits for ${who}`,
  dependency: (who) => `Waits for ${who}`,
};

/** Waits that end by themselves at their time. */
const clockWaits: ReadonlySet<WaitKind> = new Set(['retry', 'rate-limit', 'dependency']);

/** A wait in words: who can end it, since when, until when, and what happens then. */
export function waitSentence(wait: Wait, nowMs: number, timeZone?: string): string {
  const opening = isHeld(wait)
    ? (who: string) => `Held by a kill switch: waits for ${who}`
    : (waitOpenings[wait.kind] ?? waitOpenings.dependency);
  const since = `${countWords(nowMs - Date.parse(wait.since))} so far`;
  const head = `${opening(nameOf(wait.who))} (${since}).`;
  if (wait.until === null) return `${head} Then ${ended(wait.then)}`;
  const left = Date.parse(wait.until) - nowMs;
  const until = clockWords(wait.until, nowMs, timeZone);
  if (left <= 0) return `${head} Due since ${until}: ${ended(wait.then)}`;
  const isClock = clockWaits.has(wait.kind);
  const bound = isClock ? `In ${countWords(left)}` : `Until ${until} (${countWords(left)} left)`;
  return `${head} ${bound}: ${ended(wait.then)}`;
}

/** Ends with a full stop, once. */
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

/** A wait that names a call by its title where it is clear which call is meant. */
export function withTitle(wait: Wait, calls: readonly CallView[]): Wait {
  if (isHeld(wait)) {
    const held = calls.find(({ tool, retry }) => retry?.since === wait.since && holds(wait, tool));
    if (held === undefined) return wait;
    return { ...wait, then: wait.then.replace(`${held.tool};`, () => `“${held.title}”;`) };
  }
  if (wait.kind === 'effect') {
    const parked = calls.filter(
      ({ state, tool }) => state === 'parked' && wait.then.includes(`became of ${tool};`),
    );
    const [call] = parked;
    if (call === undefined || parked.length > 1) return wait;
    const then = wait.then.replace(`of ${call.tool};`, () => `of “${call.title}”;`);
    return { ...wait, then };
  }
  const call = calls.find(({ tool, retry }) => tool === wait.who && retry?.since === wait.since);
  return call === undefined ? wait : { ...wait, who: `the call “${call.title}”` };
}

const holds = ({ then }: Wait, tool: string): boolean => then.includes(` ${tool};`);

/** What a run does while it waits for nobody. */
export function workWords(
  { status, turns, unwinds }: Pick<RunView, 'status' | 'turns' | 'unwinds'>,
  calls: readonly Pick<CallView, 'state' | 'title'>[],
): string {
  if (status !== 'running') return status;
  const titles = (state: CallView['state']): string =>
    calls.flatMap((call) => (call.state === state ? [call.title] : [])).join('; ');
  if (titles('running') !== '') return `Carries out: ${titles('running')}`;
  if (titles('planned') !== '') return `Is about to carry out: ${titles('planned')}`;
  if (unwinds !== null) return 'Looks for what is left to undo';
  return `Asks the model (turn ${turns + 1})`;
}
