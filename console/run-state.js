/** Where a run stands: waits, what has succeeded, how it ended and what it used. */
import { h, quoted, ticking } from './dom.js';
import { clock } from './parts.js';
import { durationWords, messageOf, plural, succeededOf, usageWords } from './words.js';
import { waitSentence, withTitle, workWords } from './wait-words.js';

/**
 * @typedef {import('../contracts/call.js').CallView} Call
 * @typedef {import('../contracts/effect.js').EffectView} Effect
 */
/** @typedef {import('../contracts/run.js').RunView} Run */

/** @type {(run: Run, calls: readonly Call[], effects: readonly Effect[]) => HTMLElement} */
export function stateOf(run, calls, effects) {
  return h(
    'dl',
    { class: 'facts' },
    ...row('Now', nowOf(run, calls)),
    ...row('Answer', run.output === null ? null : quoted(messageOf(run.output))),
    ...row('Failure', failureOf(run)),
    ...row('Succeeded', succeeded(run, calls, effects)),
    ...row('Used', `${plural(run.turns, 'turn')} · ${usageWords(run.usage)}`),
  );
}

/** @type {(term: string, value: Node | string | null) => HTMLElement[]} */
const row = (term, value) => (value === null ? [] : [h('dt', {}, term), h('dd', {}, value)]);

/** @type {(run: Run, calls: readonly Call[]) => Node | string} */
function nowOf(run, calls) {
  const { status, waitingFor, createdAt, finishedAt } = run;
  if (finishedAt !== null) {
    const took = durationWords(Date.parse(finishedAt) - Date.parse(createdAt));
    return h('span', {}, `${status} at `, clock(finishedAt), `, after ${took}`);
  }
  if (waitingFor.length === 0) return workWords(run, calls);
  const waits = waitingFor.map((wait) =>
    h(
      'li',
      { class: 'wait' },
      ticking((nowMs) => waitSentence(withTitle(wait, calls), nowMs)),
    ),
  );
  return h('ul', { class: 'plain' }, waits);
}

/** @param {Run} run */
function failureOf({ failure }) {
  if (failure === null) return null;
  const { message, hint, retryable } = failure;
  const again = retryable ? ' Starting it again can help.' : '';
  return h('div', {}, h('p', {}, message), h('p', { class: 'hint' }, `${hint}${again}`));
}

/** @type {(run: Run, calls: readonly Call[], effects: readonly Effect[]) => Node | string} */
function succeeded(run, calls, effects) {
  const done = succeededOf(calls, effects);
  if (done.length === 0) return run.finishedAt === null ? 'Nothing yet.' : 'Nothing.';
  const items = done.map(({ title, externalRef }) =>
    h('li', {}, title, externalRef === null ? null : h('code', {}, ` ${externalRef}`)),
  );
  return h('ul', { class: 'plain' }, items);
}
