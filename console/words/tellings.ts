/** One sentence for each event of a run, and what was said with it. Pure. */
import type { EventData, EventView } from '../../contracts/event.js';
import { ledgerPlanner } from '../../contracts/unwind.js';
import { capital, codeWords, count, messageOf, plural, tokenWords } from './amounts.js';
import { approvalTellings } from './approval-tellings.js';
import { resolutionWords } from './effects.js';
import { said, type Tellings, type TitleOf, type Told } from './told.js';

const searchWords: Readonly<Record<string, string>> = {
  found: 'it is there',
  absent: 'it is not there, so it may be sent again',
  inconclusive: 'no answer',
};
const lateWords: Readonly<Record<string, string>> = {
  done: 'it happened',
  refused: 'it was refused',
  'not-sent': 'nothing was sent',
  unknown: 'nothing certain',
};

const tellings: Tellings = {
  'run-created': ({ agent, by }) => ({ sentence: `${by} started ${agent}` }),
  'run-started': () => ({ sentence: 'A worker took it up' }),
  'turn-committed': tellTurn,
  'turn-retrying': ({ turn, attempt, code }) => ({
    sentence:
      code === 'effect-not-settled'
        ? 'Undoes nothing until somebody has said what became of what is parked'
        : `Turn ${turn}: attempt ${attempt} at the model ${failedWords(code)}`,
    tone: 'wait',
  }),
  'model-switched': ({ from, to, code }) => ({
    sentence: `Goes on with ${to} instead of ${from} (${codeWords(code)})`,
    tone: 'wait',
  }),
  'conversation-compacted': ({ coversTurns, model, trigger }) => ({
    sentence: `The conversation ${
      trigger === 'overflow' ? 'no longer fitted the model' : 'had grown long'
    }: its first ${plural(coversTurns, 'turn')} ${
      model === null ? 'are told in short from here on' : `were summarised by ${model}`
    }`,
  }),
  'call-planned': ({ title, verdict, rule }) => tellPlan(title, verdict, rule),
  ...approvalTellings,
  'call-started': ({ callId, attempt }, titleOf) =>
    attempt > 1
      ? { sentence: `Began again: ${titleOf(callId)}`, attempt }
      : { sentence: `Began: ${titleOf(callId)}` },
  'call-retrying': ({ callId, attempt, code }, titleOf) => ({
    sentence:
      code === 'kill-switch-on'
        ? `Held by a kill switch until someone lifts it: ${titleOf(callId)}`
        : `Attempt ${attempt} ${failedWords(code)}: ${titleOf(callId)}`,
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
  'effect-searched': ({ callId, finding }, titleOf) => ({
    sentence: `Looked for it at the service: ${searchWords[finding] ?? finding}: ${titleOf(callId)}`,
    tone: finding === 'inconclusive' ? 'wait' : 'good',
  }),
  'effect-absent': ({ callId }, titleOf) => ({
    sentence: `Never sent, so it did not happen: ${titleOf(callId)}`,
  }),
  'effect-late-result': ({ callId, outcome, externalRef }, titleOf) => ({
    sentence: `An attempt that was given up came back and says: ${lateWords[outcome] ?? outcome}${
      externalRef === null ? '' : ` (${externalRef})`
    }: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'effect-reminded': ({ callId }, titleOf) => ({
    sentence: `Still waits for somebody's word: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'call-deduplicated': ({ callId, firstRunId }, titleOf) => ({
    sentence: `Done before by ${firstRunId}, so it was answered from there: ${titleOf(callId)}`,
  }),
  'effect-parked': ({ callId }, titleOf) => ({
    sentence: `Parked until a person says what happened; never repeated: ${titleOf(callId)}`,
    tone: 'wait',
  }),
  'effect-resolved': ({ callId, outcome, by, message }, titleOf) => ({
    sentence: `${by} said that it ${resolutionWords(outcome)}: ${titleOf(callId)}`,
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

const failedWords = (code: string): string => `failed (${codeWords(code)}); it is tried again`;

const endWords: ReadonlyMap<string, string> = new Map([
  ['succeeded', 'Done'],
  ['failed', 'Failed, and the model is told'],
  ['denied', 'Denied by policy, and the model is told'],
  ['rejected', 'Rejected, and the model is told'],
  ['responded', 'Answered by a person, and the model is told'],
  ['tampered', 'Not made: the database does not fit what was signed'],
  ['expired', 'Not made, and the model is told'],
  ['cancelled', 'Cancelled'],
  ['unavailable', 'No worker has this tool, and the model is told'],
]);

function tellTurn(data: EventData['turn-committed']): Told {
  const { turn, model, calls, text, inputTokens, outputTokens } = data;
  if (model === ledgerPlanner) {
    const left = calls === 0 ? 'there is no undo to plan' : 'the next undo, from the ledger';
    return { sentence: `Turn ${turn}: ${left}`, ...said(text) };
  }
  const what = calls === 0 ? 'the model answered' : `the model planned ${plural(calls, 'call')}`;
  const tokens = `${tokenWords(inputTokens)}, ${count(outputTokens)} out`;
  return { sentence: `Turn ${turn}: ${what} (${model}, ${tokens})`, ...said(text) };
}

function tellPlan(title: string, verdict: string, rule: string): Told {
  if (verdict === 'deny') return { sentence: `Denied by rule ${rule}: ${title}`, tone: 'bad' };
  const judged = verdict === 'ask' ? `rule ${rule} asks a person` : `allowed by rule ${rule}`;
  return { sentence: `Planned: ${title} (${judged})` };
}

function tellCallEnd(
  { callId, outcome, reason }: EventData['call-finished'],
  titleOf: TitleOf,
): Told {
  return {
    sentence: `${endWords.get(outcome) ?? capital(outcome)}: ${titleOf(callId)}`,
    tone: outcome === 'succeeded' ? 'good' : 'bad',
    ...said(reason),
  };
}

/** One event in plain words. A type that this page does not know is named, never dropped. */
export function tellEvent(
  { type, data }: Pick<EventView, 'type' | 'data'>,
  titleOf: TitleOf,
): Told {
  if (!Object.hasOwn(tellings, type)) return { sentence: capital(codeWords(type)) };
  const telling = tellings[type] as (data: unknown, titleOf: TitleOf) => Told;
  return telling(data, titleOf);
}
