/** Small pieces that several views show: a problem, a status, a field, a button. */
import { h, time } from './dom.js';
import { serverNow } from './api.js';
import { clockWords, decisionWords, messageOf } from './words.js';

/** @typedef {import('./api.js').ProblemFields} ProblemFields */

/**
 * What went wrong, and the way out. Nothing when nothing did.
 * @param {ProblemFields | null} problem
 */
export function problemBox(problem) {
  if (problem === null) return null;
  const { title, detail, hint, requestId, errors = [] } = problem;
  const decided = decidedWords(problem);
  return h(
    'div',
    { class: 'problem', role: 'alert' },
    h('strong', {}, title),
    h('p', {}, decided ?? detail ?? ''),
    errors.length === 0
      ? null
      : h(
          'ul',
          {},
          errors.map((error) => h('li', {}, fieldError(error))),
        ),
    // Its hint says that the answer names who, what and when: the sentence above does.
    decided === null ? h('p', { class: 'hint' }, hint ?? '') : null,
    requestId === undefined ? null : h('p', { class: 'small' }, `Request ${requestId}`),
  );
}

/**
 * The banner says it when the connection is lost or a key is wanted.
 * @param {ProblemFields} problem
 */
export const isQuiet = ({ status, code }) => status === 401 || code === 'connection-lost';

/** One of `errors`: the field and what is wrong with it. @param {unknown} error */
function fieldError(error) {
  const path =
    typeof error === 'object' && error !== null && 'path' in error ? `${error.path}: ` : '';
  return `${path}${messageOf(error)}`;
}

/** Who was first, told to the one who came late. @param {ProblemFields} problem */
function decidedWords({ status, decidedBy, decidedAt, decision }) {
  if (status !== 409 || !decidedBy || !decidedAt) return null;
  const at = clockWords(decidedAt, serverNow());
  const what = decisionWords(decision ?? 'decided');
  return `${decidedBy} ${what} this at ${at}. Your answer was not used.`;
}

/** @param {string} status */
export const badge = (status) => h('span', { class: `badge is-${status}` }, status);

/** @type {(at: string) => HTMLElement} */
export const clock = (at) => time(at, clockWords(at, serverNow()));

/**
 * A text area with its label and a line of explanation.
 * @param {{ id: string, label: string, help?: string, rows?: number, required?: boolean }} field
 */
export function textField({ id, label, help = '', rows = 2, required = false }) {
  const area = h('textarea', {
    id,
    rows,
    required,
    maxlength: 4_000,
    'aria-describedby': help === '' ? null : `${id}-help`,
    dir: 'auto',
  });
  const node = h(
    'div',
    { class: 'field' },
    h('label', { for: id }, label),
    area,
    help === '' ? null : h('p', { id: `${id}-help`, class: 'small' }, help),
  );
  return { node, area };
}

/**
 * A button that stays focusable while its work is under way, and does nothing meanwhile.
 * @param {{ id: string, text: string, kind?: string, busy?: boolean, onClick: () => void }} button
 */
export const button = ({ id, text, kind = '', busy = false, onClick }) =>
  h(
    'button',
    {
      id,
      type: 'button',
      class: kind,
      'aria-disabled': busy ? 'true' : null,
      click: () => {
        if (!busy) onClick();
      },
    },
    text,
  );

/**
 * A heading that can take the focus when what held it goes away.
 * @type {(level: 'h1' | 'h2', id: string, text: string) => HTMLElement}
 */
export const heading = (level, id, text) => h(level, { id, tabindex: -1 }, text);

/** @type {(id: string, title: string, ...children: Node[]) => HTMLElement} */
export const section = (id, title, ...children) =>
  h('section', { 'aria-labelledby': id }, heading('h2', id, title), ...children);

let saying = 0;

/** Says something to those who listen rather than look. @param {string} text */
export function announce(text) {
  const line = document.getElementById('announcer');
  if (line === null) return;
  line.replaceChildren(h('span', {}, text));
  const mine = (saying += 1);
  setTimeout(() => {
    if (mine === saying) line.replaceChildren();
  }, 10_000);
}
