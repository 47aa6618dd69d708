/** The events of a run as a story: a sentence each, attempts marked, waits measured. Pure. */
import {
  capital,
  codeWords,
  count,
  decisionWords,
  messageOf,
  plural,
  tokenWords,
} from './words.js';

/**
 * @typedef {import('../contracts/event.js').EventData} EventData
 * @typedef {import('../contracts/event.js').EventType} EventType
 */
/**
 * @typedef {import('../contracts/event.js').EventView} EventView
 * @typedef {(callId: string) => string} TitleOf The title of a call, from when it was planned.
 */
/** @typedef {'plain' | 'good' | 'bad' | 'wait'} Tone */

/**
 * @typedef {object} Told
 * @property {string} sentence
 * @property {Tone} [tone]
 * @property {string} [detail] What someone said: the model, or a person.
 * @property {number} [attempt] The one that begins, from the second on.
 */

/** @type {{ readonly [Type in EventType]: (data: EventData[Type], titleOf: TitleOf) => Told }} */
const tellings = {
  'run-created': ({ agent, by }) => ({ sentence: `${by} started ${agent}` }),
  'run-started': () => ({ sentence: 'A worker took it up' }),
  'turn-committed': tellTurn,
  'turn-retrying': ({ turn, attempt, code }) => ({
    sentence: `Turn ${turn}: attempt ${attempt} at the model ${failedWords(code)}`,
    tone: 'wait',
  }),
  'call-planned': ({ title, verdict, rule }) => tellPlan(title, verdict, rule),
  'approval-requested': ({ title, reason, approvers }) => ({
    sentence: `Asked ${approvers.length > 0 ? approvers.join(' or ') : 'an approver'}: ${title}`,
    tone: 'wait',
    detail: reason,
  }),
  'approval-decided': ({ callId, decision, by, message }, titleOf) => ({
    sentence: `${by} ${decisionWords(decision)}: ${titleOf(callId)}`,
    tone: decision === 'approve' || decision === 'edit' ? 'good' : 'bad',
    ...said(message),
  }),
  'approval-expired': ({ callId }, titleOf) => ({
    sentence: `Nobody answered in time, so it is not made: ${titleOf(callId)}`,
    tone: 'bad',
  }),
  'approval-cancelled': ({ callId }, titleOf) => ({
    sentence: `The question was withdrawn: ${titleOf(callId)}`,
  }),
  'call-started': ({ callId, attempt }, titleOf) => ({
    sentence: `Began: ${titleOf(callId)}`,
    ...(attempt > 1 ? { attempt } : {}),
  }),
  'call-retrying': ({ callId, attempt, code }, titleOf) => ({
    sentence: `Attempt ${attempt} ${failedWords(code)}: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'effect-dispatched': ({ callId, fence }, titleOf) => ({
    sentence:
      fence > 1
        ? `Sent again under the same key: ${titleOf(callId)}`
        : `Sent out, and may happen from here on: ${titleOf(callId)}`,
  }),
  'effect-confirmed': ({ callId, externalRef }, titleOf) => ({
    sentence: `Happened: ${titleOf(callId)}${externalRef === null ? '' : ` (${externalRef})`}`,
    tone: 'good',
  }),
  'effect-failed': ({ callId, code }, titleOf) => ({
    sentence: `Did not happen (${codeWords(code)}): ${titleOf(callId)}`,
    tone: 'bad',
  }),
  'effect-unknown': ({ callId }, titleOf) => ({
    sentence: `Not known whether it happened: ${titleOf(callId)}`,
    tone: 'bad',
  }),
  'effect-parked': ({ callId }, titleOf) => ({
    sentence: `Parked until a person says what happened; never repeated: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'effect-resolved': ({ callId, outcome, by, message }, titleOf) => ({
    sentence: `${by} said that it ${resolutionWords[outcome] ?? outcome}: ${titleOf(callId)}`,
    tone: 'good',
    ...said(message),
  }),
  'call-finished': tellCallEnd,
  'cancel-requested': ({ by, reason }) => ({ sentence: `${by} asked to cancel`, ...said(reason) }),
  'run-reset': ({ reason }) => ({
    sentence:
      'Its workflow was reset in Temporal: what was committed stays, the rest is done again',
    tone: 'wait',
    ...said(reason),
  }),
  'delivery-retried': ({ delivery, by }) => ({
    sentence: `${by} had the ${delivery} that Temporal refused delivered again`,
  }),
  'run-completed': ({ output }) => ({
    sentence: 'Completed',
    tone: 'good',
    ...said(messageOf(output)),
  }),
  'run-failed': ({ code, message }) => ({
    sentence: `The run failed (${codeWords(code)})`,
    tone: 'bad',
    ...said(message),
  }),
  'run-cancelled': ({ message }) => ({
    sentence: 'The run was cancelled',
    tone: 'bad',
    ...said(message),
  }),
};

/** Every type that can be told of: `eventTypes` of the contracts. */
export const eventTypes = Object.freeze(Object.keys(tellings));

/** @param {string} code */
const failedWords = (code) => `failed (${codeWords(code)}); it is tried again`;

const resolutionWords = {
  happened: 'happened',
  absent: 'did not happen',
  compensated: 'happened and was made good',
};

const endWords = new Map([
  ['succeeded', 'Done'],
  ['failed', 'Failed, and the model is told'],
  ['denied', 'Denied by policy, and the model is told'],
  ['rejected', 'Rejected, and the model is told'],
  ['expired', 'Not made, and the model is told'],
  ['cancelled', 'Cancelled'],
  ['unavailable', 'No worker has this tool, and the model is told'],
]);

/** @param {EventData['turn-committed']} data @returns {Told} */
function tellTurn({ turn, model, calls, text, inputTokens, outputTokens }) {
  const what = calls === 0 ? 'the model answered' : `the model planned ${plural(calls, 'call')}`;
  const tokens = `${tokenWords(inputTokens)}, ${count(outputTokens)} out`;
  return { sentence: `Turn ${turn}: ${what} (${model}, ${tokens})`, ...said(text) };
}

/** @type {(title: string, verdict: string, rule: string) => Told} */
function tellPlan(title, verdict, rule) {
  if (verdict === 'deny') return { sentence: `Denied by rule ${rule}: ${title}`, tone: 'bad' };
  const judged = verdict === 'ask' ? `rule ${rule} asks a person` : `allowed by rule ${rule}`;
  return { sentence: `Planned: ${title} (${judged})` };
}

/** @type {(data: EventData['call-finished'], titleOf: TitleOf) => Told} */
function tellCallEnd({ callId, outcome, reason }, titleOf) {
  return {
    sentence: `${endWords.get(outcome) ?? capital(outcome)}: ${titleOf(callId)}`,
    tone: outcome === 'succeeded' ? 'good' : 'bad',
    ...said(reason),
  };
}

/** @param {string | null | undefined} text @returns {{ detail?: string }} */
const said = (text) => (text === null || text === undefined || text === '' ? {} : { detail: text });

/**
 * One event in plain words. A type that this page does not know is named, never dropped.
 * @param {Pick<EventView, 'type' | 'data'>} event
 * @param {TitleOf} titleOf
 * @returns {Told}
 */
export function tellEvent({ type, data }, titleOf) {
  if (!Object.hasOwn(tellings, type)) return { sentence: capital(codeWords(type)) };
  const telling = /** @type {(data: unknown, titleOf: TitleOf) => Told} */ (tellings[type]);
  return telling(data, titleOf);
}

/**
 * @typedef {Told & {
 *   seq: number, at: string,
 *   waitedMs: number | null,
 *   waitingSince: string | null,
 * }} TimelineItem `waitedMs` is how long the wait took that this event ended; `waitingSince` is
 * set while the wait that this event began goes on.
 */

/** A wait shorter than this is the machine's own pace and not worth a word. */
const worthTellingMs = 1_000;

/**
 * The story so far, one item an event, in order.
 * @param {readonly EventView[]} events
 * @returns {TimelineItem[]}
 */
export function timelineOf(events) {
  /** @type {Map<string, string>} */
  const titles = new Map();
  /** @type {Map<string, TimelineItem>} The item that began each wait that still goes on. */
  const open = new Map();
  /** @type {TimelineItem[]} */
  const items = [];
  for (const event of events) {
    const data = /** @type {WaitFields} */ (event.data ?? {});
    if (event.type === 'call-planned') titles.set(data.callId ?? '', data.title ?? '');
    const told = tellEvent(event, (callId) => titles.get(callId) || 'a call');
    /** @type {TimelineItem} */
    const item = { ...told, seq: event.seq, at: event.at, waitedMs: null, waitingSince: null };
    closeWaits(open, item, event.type, data);
    const begun = waitBegun(event.type, data);
    if (begun !== null) {
      item.waitingSince = event.at;
      open.set(begun, item);
    }
    items.push(item);
  }
  return items;
}

/**
 * @typedef {{ callId?: string, approvalId?: string, key?: string, title?: string }} WaitFields
 */

/** @type {(type: string, data: WaitFields) => string | null} */
function waitBegun(type, { callId, approvalId, key }) {
  if (type === 'run-created') return 'start';
  if (type === 'turn-retrying') return 'turn';
  if (type === 'call-retrying') return `call:${callId}`;
  if (type === 'approval-requested') return `approval:${approvalId}`;
  if (type === 'effect-parked') return `effect:${key}`;
  return null;
}

/** @type {(type: string, data: WaitFields) => (name: string) => boolean} */
function endsWait(type, { callId, approvalId, key }) {
  if (type.startsWith('run-') && type !== 'run-created') {
    // What is parked outlives its run: a person's word is still wanted.
    return (name) => (type === 'run-started' ? name === 'start' : !name.startsWith('effect:'));
  }
  if (type.startsWith('turn-')) return (name) => name === 'turn';
  if (type.startsWith('call-')) return (name) => name === `call:${callId}`;
  if (type.startsWith('approval-')) return (name) => name === `approval:${approvalId}`;
  if (type === 'effect-resolved') return (name) => name === `effect:${key}`;
  return () => false;
}

/**
 * @param {Map<string, TimelineItem>} open
 * @param {TimelineItem} item
 * @param {string} type
 * @param {WaitFields} data
 */
function closeWaits(open, item, type, data) {
  const ends = endsWait(type, data);
  for (const [name, beginning] of open) {
    if (!ends(name)) continue;
    const waitedMs = Date.parse(item.at) - Date.parse(beginning.at);
    if (waitedMs >= worthTellingMs) item.waitedMs = waitedMs;
    beginning.waitingSince = null;
    open.delete(name);
  }
}
