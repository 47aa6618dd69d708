/** Times, money and outcomes as people say them. Pure: the time is always given. */

/**
 * @typedef {import('../contracts/run.js').RunView} RunView
 * @typedef {import('../contracts/run.js').Usage} Usage
 */
/**
 * @typedef {import('../contracts/run.js').RunStatus} RunStatus
 * @typedef {import('../contracts/call.js').CallView} CallView
 */
/**
 * @typedef {import('../contracts/effect.js').EffectView} EffectView
 * @typedef {import('../contracts/approval.js').ApprovalView} ApprovalView
 */

/** In which statuses a run can be cancelled: `runActions.cancel` of the contracts. */
export const cancellable = Object.freeze(['queued', 'running', 'waiting', 'paused']);

/**
 * A length of time in its two largest units: `340 ms`, `3.2 s`, `2 min 10 s`, `2 d 3 h`.
 * @param {number} durationMs
 */
export function durationWords(durationMs) {
  const ms = Math.max(0, Math.floor(durationMs));
  if (ms < 1_000) return `${ms} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min');
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** @type {(large: number, unit: string, small: number, smallUnit: string) => string} */
const pair = (large, unit, small, smallUnit) =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;

/**
 * How long something goes on, in whole seconds: for what is counted on the page.
 * @param {number} ms
 */
export const countWords = (ms) =>
  ms < 10_000 ? `${Math.max(0, Math.floor(ms / 1_000))} s` : durationWords(ms);

/**
 * How long ago something was.
 * @param {string} at RFC 3339
 * @param {number} nowMs
 */
export function ageWords(at, nowMs) {
  const ms = nowMs - Date.parse(at);
  return ms < 1_000 ? 'just now' : `${countWords(ms)} ago`;
}

/**
 * The time of day, with its date when that is another day than now's.
 * @param {string} at RFC 3339
 * @param {number} nowMs
 * @param {string} [timeZone] The reader's own unless given.
 */
export function clockWords(at, nowMs, timeZone) {
  const zone = timeZone === undefined ? {} : { timeZone };
  /** @type {(options: Intl.DateTimeFormatOptions) => Intl.DateTimeFormat} */
  const format = (options) => new Intl.DateTimeFormat('en-GB', { ...options, ...zone });
  const day = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const instant = new Date(at);
  if (Number.isNaN(instant.getTime())) return 'an unknown time';
  const time = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(instant);
  if (day.format(instant) === day.format(nowMs)) return time;
  return `${format({ day: 'numeric', month: 'short' }).format(instant)}, ${time}`;
}

/**
 * Millionths of a dollar as money: `0.0031 USD`; four decimals, since a turn costs cents at most.
 * @param {number} micros
 */
export function costWords(micros) {
  if (micros > 0 && micros < 100) return 'less than 0.0001 USD';
  return `${(micros / 1_000_000).toFixed(4)} USD`;
}

/** @param {Usage} usage */
export function usageWords({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  costMicrosUsd,
  costEstimated,
}) {
  const cached = cacheReadTokens > 0 ? ` (+ ${count(cacheReadTokens)} from the cache)` : '';
  const isFree = costMicrosUsd === 0 && !costEstimated;
  const cost = isFree ? freeWords(inputTokens + outputTokens) : costWords(costMicrosUsd);
  const estimated = costEstimated ? ', estimated' : '';
  return `${tokenWords(inputTokens, cached)} · ${count(outputTokens)} out · ${cost}${estimated}`;
}

/** Only the stand-in has the price 0. @param {number} tokens */
const freeWords = (tokens) => (tokens > 0 ? 'no cost (stand-in)' : 'no cost');

/** @type {(inputTokens: number, cached?: string) => string} */
export const tokenWords = (inputTokens, cached = '') =>
  `${plural(inputTokens, 'token')} in${cached}`;

/** @param {number} number */
export const count = (number) => new Intl.NumberFormat('en-US').format(number);

/** @type {(number: number, noun: string) => string} */
export const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

/** Codes whose own words would say more than is known. */
const saidOfCodes = new Map([['tool-unreachable', 'the service did not answer clearly']]);

/** A code as words: `model-overloaded` gives "model overloaded". @param {string} code */
export const codeWords = (code) => saidOfCodes.get(code) ?? code.replaceAll('-', ' ');

/** @param {string} text */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/**
 * The title of a call, as it stands alone. A tool's name stays as it is written.
 * @param {{ readonly title: string, readonly tool: string }} call
 */
export const titleWords = ({ title, tool }) => (title === tool ? tool : capital(title));

/**
 * When a question expires and what happens then.
 * @param {Pick<ApprovalView, 'expiresAt' | 'onExpiry'>} approval
 * @param {number} nowMs
 * @param {string} [timeZone]
 */
export function expirySentence({ expiresAt, onExpiry }, nowMs, timeZone) {
  const left = Date.parse(expiresAt) - nowMs;
  const at = clockWords(expiresAt, nowMs, timeZone);
  const then =
    onExpiry === 'escalate'
      ? 'it goes to other people'
      : 'the call is not made and the model is told';
  return left > 0
    ? `Expires in ${countWords(left)} (${at}). Without an answer ${then}.`
    : `Expired at ${at}: ${then}.`;
}

/** What each answer did, in the past tense. */
const decidedWords = new Map([
  ['approve', 'approved'],
  ['edit', 'approved with other arguments'],
  ['reject', 'rejected'],
  ['respond', 'answered instead'],
]);

/** @param {string} decision */
export const decisionWords = (decision) => decidedWords.get(decision) ?? decision;

/**
 * What became of a question that is no longer pending.
 * @param {Pick<ApprovalView, 'status' | 'decisions' | 'expiresAt'>} approval
 * @param {number} nowMs
 */
export function outcomeSentence({ status, decisions, expiresAt }, nowMs) {
  if (status === 'pending') return 'Nobody has decided yet.';
  if (status === 'expired') {
    return `Expired at ${clockWords(expiresAt, nowMs)}: nobody answered in time. Not made.`;
  }
  if (status === 'cancelled') return 'Withdrawn: the run was cancelled. Not made.';
  const last = decisions.findLast((decision) => decision.void !== true);
  if (last === undefined) return `${capital(status)}.`;
  const said = last.message === undefined ? '' : ` “${last.message}”`;
  return `${last.by} ${decisionWords(last.decision)} this at ${clockWords(last.at, nowMs)}.${said}`;
}

/**
 * The text of a run's input or output: its message, or its JSON.
 * @param {unknown} value
 * @returns {string}
 */
export function messageOf(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && 'message' in value && typeof value.message === 'string') {
    return value.message;
  }
  return JSON.stringify(value);
}

/** The first line of a run's input or output, at most 140 characters. @param {unknown} value */
export function firstLine(value) {
  const line = messageOf(value).trim().split('\n', 1)[0] ?? '';
  const characters = [...line];
  return characters.length > 140 ? `${characters.slice(0, 139).join('')}…` : line;
}

/**
 * What came of a run, in one line; nothing while nothing did.
 * @param {Pick<RunView, 'output' | 'failure'>} run
 */
export const cameOf = ({ output, failure }) => firstLine(failure?.message ?? output);

/** What is known of an effect, in words. */
const stateWords = new Map([
  ['intended', 'not sent yet'],
  ['dispatched', 'sent; its answer is awaited'],
  ['confirmed', 'happened'],
  ['failed', 'did not happen'],
  ['unknown', 'not known whether it happened; looked into by itself'],
  ['absent', 'did not happen, as a person found'],
  ['parked', 'not known whether it happened; a person must say'],
  ['compensated', 'happened and was made good'],
]);

/** @param {string} state */
export const effectWords = (state) => stateWords.get(state) ?? state;

/**
 * What has succeeded so far: what changed something outside first, with its reference.
 * @param {readonly CallView[]} calls
 * @param {readonly EffectView[]} effects
 * @returns {{ readonly title: string, readonly externalRef: string | null }[]}
 */
export function succeededOf(calls, effects) {
  const done = calls.filter((call) => call.outcome === 'succeeded');
  const changing = done.filter((call) => call.effect !== 'read');
  const reading = done.filter((call) => call.effect === 'read');
  return [...changing, ...reading].map((call) => ({
    title: call.title,
    externalRef: effects.find((effect) => effect.callId === call.id)?.externalRef ?? null,
  }));
}

/**
 * The shell command that starts the same run, safe to paste whatever the message holds.
 * @param {{ origin: string, body: unknown, key: string, withApiKey: boolean }} request
 */
export function curlFor({ origin, body, key, withApiKey }) {
  return [
    `curl -sS ${quote(`${origin}/v1/runs`)}`,
    ...(withApiKey ? ['-H "authorization: Bearer $BELAY_API_KEY"'] : []),
    `-H 'content-type: application/json'`,
    `-H ${quote(`idempotency-key: ${key}`)}`,
    `-d ${quote(JSON.stringify(body))}`,
  ].join(' \\\n  ');
}

/** @param {string} text One word for a POSIX shell. */
const quote = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
