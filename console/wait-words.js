/** What a run waits for, and what it does, as people say it. Pure: the time is always given. */
import { capital, clockWords, countWords } from './words.js';

/**
 * @typedef {import('../contracts/run.js').Wait} Wait
 * @typedef {import('../contracts/run.js').RunView} RunView
 */
/** @typedef {import('../contracts/call.js').CallView} CallView */

/** Roles and parts of the system, as they are called in a sentence. */
const known = new Map([
  ['approver', 'an approver'],
  ['operator', 'an operator'],
  ['admin', 'an administrator'],
  ['temporal', 'Temporal'],
  ['worker', 'a worker'],
  ['model', 'the model'],
  ['postgres', 'Postgres'],
]);

/** @param {string} who */
const nameOf = (who) =>
  who
    .split(' or ')
    .map((name) => known.get(name) ?? name)
    .join(' or ');

/**
 * What begins a sentence. A tool's name is never capitalised.
 * @param {string} who
 */
const subjectOf = (who) => (/^(?:an?|the) |^[A-Z]/.test(who) ? capital(who) : `A call of ${who}`);

/**
 * Whom or what a run waits for.
 * @type {{ readonly [Kind in Wait['kind']]: (who: string) => string }}
 */
const waitOpenings = {
  approval: (who) => `Waits for ${who} to decide`,
  message: (who) => `Waits for a message from ${who}`,
  effect: (who) => `It is not known whether something happened: waits for ${who}`,
  retry: (who) => `${subjectOf(who)} failed and is tried again`,
  'rate-limit': (who) => `${subjectOf(who)} limits our rate`,
  budget: (who) => `The budget is used up: waits for ${who}`,
  dependency: (who) => `Waits for ${who}`,
};

/**
 * A wait in words: who can end it, since when, until when, and what happens then.
 * @param {Wait} wait
 * @param {number} nowMs
 * @param {string} [timeZone]
 */
export function waitSentence(wait, nowMs, timeZone) {
  const opening = waitOpenings[wait.kind] ?? waitOpenings.dependency;
  const since = `${countWords(nowMs - Date.parse(wait.since))} so far`;
  const head = `${opening(nameOf(wait.who))} (${since}).`;
  if (wait.until === null) return `${head} Then ${ended(wait.then)}`;
  const left = Date.parse(wait.until) - nowMs;
  const until = clockWords(wait.until, nowMs, timeZone);
  if (left <= 0) return `${head} Due since ${until}: ${ended(wait.then)}`;
  const isClock = wait.kind === 'retry' || wait.kind === 'rate-limit';
  const bound = isClock ? `In ${countWords(left)}` : `Until ${until} (${countWords(left)} left)`;
  return `${head} ${bound}: ${ended(wait.then)}`;
}

/** @param {string} text Ends with a full stop, once. */
const ended = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/**
 * A wait that names a call by its title where it is clear which call is meant.
 * @param {Wait} wait
 * @param {readonly CallView[]} calls
 * @returns {Wait}
 */
export function withTitle(wait, calls) {
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

/**
 * What a run does while it waits for nobody.
 * @param {Pick<RunView, 'status' | 'turns'>} run
 * @param {readonly Pick<CallView, 'state' | 'title'>[]} calls
 */
export function workWords({ status, turns }, calls) {
  if (status !== 'running') return status;
  /** @type {(state: CallView['state']) => string} */
  const titles = (state) =>
    calls.flatMap((call) => (call.state === state ? [call.title] : [])).join('; ');
  if (titles('running') !== '') return `Carries out: ${titles('running')}`;
  if (titles('planned') !== '') return `Is about to carry out: ${titles('planned')}`;
  return `Asks the model (turn ${turns + 1})`;
}

/** Says whether a person must say what became of something. @param {RunView} run */
export const waitsForEffect = ({ waitingFor }) => waitingFor.some(({ kind }) => kind === 'effect');
