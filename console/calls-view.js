/** The calls of a run with their arguments and results, and what is known of their effects. */
import { h, json, renderList, ticking } from './dom.js';
import { badge } from './parts.js';
import { codeWords, countWords, durationWords, effectWords, titleWords } from './words.js';

/**
 * @typedef {import('../contracts/call.js').CallView} Call
 * @typedef {import('../contracts/effect.js').EffectView} Effect
 */

/** @type {(list: HTMLElement, calls: readonly Call[], effects: readonly Effect[]) => void} */
export function drawCalls(list, calls, effects) {
  const items = calls.map((call) => ({
    call,
    effect: effects.find(({ callId }) => callId === call.id) ?? null,
  }));
  renderList(list, items, {
    tag: 'article',
    keyOf: ({ call }) => call.id,
    classOf: () => 'card',
    build: ({ call, effect }) => [
      h('header', {}, h('h3', {}, titleWords(call)), badge(call.outcome ?? call.state)),
      h('p', { class: 'small' }, factsOf(call)),
      retryOf(call),
      effect === null ? null : effectOf(effect),
      fold(`args-${call.id}`, 'Arguments', call.args),
      call.state === 'finished' ? fold(`result-${call.id}`, 'Result', call.result) : null,
    ],
  });
}

const verdictWords = { allow: 'allowed', ask: 'asked', deny: 'denied' };

/** @param {Call} call */
function factsOf({ tool, turn, verdict, rule, reason, attempts, startedAt, finishedAt }) {
  const facts = [`${tool}, turn ${turn}`, `${verdictWords[verdict]} by rule ${rule}: ${reason}`];
  if (attempts > 1) facts.push(`attempt ${attempts}`);
  if (startedAt !== null && finishedAt !== null) {
    facts.push(`took ${durationWords(Date.parse(finishedAt) - Date.parse(startedAt))}`);
  }
  return facts.join(' · ');
}

/** @param {Call} call */
function retryOf({ retry }) {
  if (retry === null) return null;
  const { attempt, code, until } = retry;
  const failed = `Attempt ${attempt} failed (${codeWords(code)}); the next starts by itself`;
  return h(
    'p',
    { class: 'wait' },
    ticking((nowMs) => {
      const left = until === null ? 0 : Date.parse(until) - nowMs;
      return left > 0 ? `${failed} in ${countWords(left)}.` : `${failed}.`;
    }),
  );
}

/** @param {Effect} effect */
const effectOf = ({ key, class: effectClass, state, externalRef, attempts }) =>
  h(
    'dl',
    { class: 'facts' },
    h('dt', {}, 'Effect'),
    h('dd', {}, `${effectWords(state)} (${effectClass}, sent ${times(attempts)})`),
    ...(externalRef === null ? [] : [h('dt', {}, 'Reference'), code(externalRef)]),
    h('dt', {}, 'Key'),
    code(key),
  );

/** @param {number} attempts */
const times = (attempts) => (attempts === 1 ? 'once' : `${attempts} times`);

/** @param {string} text */
const code = (text) => h('dd', {}, h('code', {}, text));

/** @type {(id: string, title: string, value: unknown) => HTMLElement} */
const fold = (id, title, value) => h('details', { id }, h('summary', {}, title), json(value));
