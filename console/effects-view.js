/** Parked effects: nobody knows whether they happened, and a person says what was found out. */
import { act, problemOf } from './api.js';
import { h, json, renderList } from './dom.js';
import { announce, button, problemBox, textField } from './parts.js';
import { nowAndSoon } from './poll.js';
import { titleWords } from './words.js';

/**
 * @typedef {import('../contracts/effect.js').EffectView} Effect
 * @typedef {import('../contracts/effect.js').Resolution} Resolution
 */
/**
 * @typedef {import('../contracts/call.js').CallView} Call
 * @typedef {import('./api.js').ProblemFields} ProblemFields
 */
/**
 * @typedef {{ isBusy: boolean, missing: Missing, problem: ProblemFields | null }} Form
 * @typedef {{ effect: Effect, call: Call | null, form: Form }} Parked
 */

/** @typedef {'' | 'outcome' | 'message'} Missing The field that must still be filled in. */

/** @type {readonly { outcome: Resolution, text: string }[]} */
const outcomes = [
  { outcome: 'happened', text: 'It happened. The call succeeded.' },
  { outcome: 'absent', text: 'It did not happen. The model is told, and may ask again.' },
  { outcome: 'compensated', text: 'It happened and was made good, so it counts as undone.' },
];

/**
 * Cards with a form for every parked effect among those shown.
 * @param {HTMLElement} list
 * @param {{ onChange: () => void }} options
 */
export function createResolutions(list, { onChange }) {
  /** @type {Map<string, Form>} */
  const forms = new Map();
  /** @type {readonly Parked[]} */
  let parked = [];

  const draw = () =>
    renderList(list, parked, {
      tag: 'article',
      keyOf: ({ effect }) => effect.key,
      classOf: () => 'card is-parked',
      build: ({ effect, call, form }) => [
        h('header', {}, h('h3', {}, call === null ? effect.tool : titleWords(call))),
        h('p', { class: 'why' }, explanation),
        h('p', { class: 'small' }, 'Its key in the service: ', h('code', {}, effect.key)),
        call === null ? null : json(call.args),
        formOf(effect.key, form, (body) => resolve(effect.key, form, body)),
      ],
    });

  /** @type {(key: string, form: Form, body: ResolutionBody) => Promise<void>} */
  const resolve = async (key, form, body) => {
    if (form.isBusy) return;
    form.missing = missingIn(body);
    form.problem = null;
    form.isBusy = form.missing === '';
    draw();
    if (!form.isBusy) return;
    try {
      await act(`/v1/effects/${encodeURIComponent(key)}/resolutions`, body);
      announce('Your answer is recorded.');
    } catch (error) {
      form.problem = problemOf(error);
    }
    form.isBusy = false;
    draw();
    nowAndSoon(onChange);
  };

  /** @type {(effects: readonly Effect[], calls: readonly Call[]) => void} */
  const show = (effects, calls) => {
    parked = effects
      .filter(({ state }) => state === 'parked')
      .map((effect) => {
        /** @type {Form} */
        const form = forms.get(effect.key) ?? { isBusy: false, missing: '', problem: null };
        forms.set(effect.key, form);
        return { effect, form, call: calls.find(({ id }) => id === effect.callId) ?? null };
      });
    draw();
  };
  return { show };
}

const explanation =
  'It is not known whether this happened: it was sent, and no clear answer came. It is never ' +
  'repeated by itself. Look into the service, then say what you found.';

/** @typedef {{ outcome?: string, externalRef?: string, message: string }} ResolutionBody */

/** @param {ResolutionBody} body @returns {Missing} */
function missingIn({ outcome, message }) {
  if (outcome === undefined) return 'outcome';
  return message === '' ? 'message' : '';
}

const missingWords = {
  outcome: 'Say what happened.',
  message: 'Say how you know it: the model and the auditors read it.',
};

/** @type {(key: string, form: Form, onSend: (body: ResolutionBody) => void) => HTMLElement} */
function formOf(key, form, onSend) {
  const choices = outcomes.map(({ outcome, text }) => {
    const id = `${outcome}-${key}`;
    const radio = h('input', { type: 'radio', id, name: `outcome-${key}`, value: outcome });
    return { radio, node: h('div', { class: 'choice' }, radio, h('label', { for: id }, text)) };
  });
  const reference = h('input', {
    id: `reference-${key}`,
    type: 'text',
    maxlength: 200,
    autocomplete: 'off',
  });
  const { node, area } = textField({
    id: `found-${key}`,
    label: 'How do you know?',
    help: 'The model reads this as the result of its call.',
  });
  if (form.missing === 'message') area.setAttribute('aria-invalid', 'true');
  const send = () => {
    const outcome = choices.find(({ radio }) => radio.checked)?.radio.value;
    const externalRef = reference.value.trim();
    onSend({
      ...(outcome === undefined ? {} : { outcome }),
      ...(externalRef === '' ? {} : { externalRef }),
      message: area.value.trim(),
    });
    // It may have been drawn anew: by id. The first choice, where none was made.
    const fieldId = { outcome: choices[0]?.radio.id, message: area.id };
    if (form.missing !== '') document.getElementById(fieldId[form.missing] ?? '')?.focus();
  };
  return h(
    'div',
    { class: 'answer' },
    h('fieldset', {}, h('legend', {}, 'What happened?'), ...choices.map((choice) => choice.node)),
    h(
      'div',
      { class: 'field' },
      h('label', { for: reference.id }, 'Reference in the service, if there is one'),
      reference,
    ),
    node,
    form.missing === ''
      ? null
      : h('p', { class: 'invalid', role: 'alert' }, missingWords[form.missing]),
    problemBox(form.problem),
    h(
      'div',
      { class: 'buttons' },
      button({
        id: `resolve-${key}`,
        text: form.isBusy ? 'Sending…' : 'Record this',
        kind: 'primary',
        busy: form.isBusy,
        onClick: send,
      }),
    ),
  );
}
