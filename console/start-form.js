/** Starts a run of the demo agent, and shows the command that would do the same. */
import { act, apiKey, newKey, problemOf, watchConnection } from './api.js';
import { h } from './dom.js';
import { announce, button, problemBox, textField } from './parts.js';
import { curlFor } from './words.js';

/** @typedef {import('../contracts/run.js').RunView} Run */

const agent = 'refund-desk';

/** One for each way a run can go: asks, does not ask, two at once, nothing to do. */
const examples = [
  'Refund order 42, it arrived broken',
  'Refund order 1234',
  'Refund order 42 and order 43, both broken. Tell the customer.',
  'Refund order 45',
];

const sentLater = 'The gateway does not answer; this is sent as soon as it does.';

/**
 * Starts the run, however long the gateway does not answer: one click, one key, one run.
 * @param {object} body
 * @returns {Promise<Run>}
 */
async function startOnce(body) {
  for (;;) {
    try {
      return /** @type {Run} */ (await act('/v1/runs', body));
    } catch (error) {
      if (problemOf(error).code !== 'connection-lost') throw error;
      await untilAnswering();
    }
  }
}

/** Waits for the connection to be back; the polls of the page try it. */
const untilAnswering = () =>
  new Promise((/** @type {(value: void) => void} */ resolve) => {
    const stop = watchConnection(({ lostSince }) => {
      if (lostSince !== null) return;
      stop();
      resolve();
    });
  });

/** The form. What is typed in it stays: it is made once. */
export function startForm() {
  const { node, area } = textField({ id: 'start-message', label: `Message to ${agent}` });
  area.placeholder = examples[0] ?? '';
  const command = h('pre', { class: 'json', id: 'start-curl' });
  const said = h('div', {});
  const bodyOf = () => ({ agent, input: { message: area.value.trim() || examples[0] } });
  const showCommand = () => {
    const withApiKey = apiKey() !== null;
    const request = { origin: location.origin, body: bodyOf(), key: newKey(), withApiKey };
    command.replaceChildren(h('span', {}, curlFor(request)));
  };
  let isBusy = false;
  let isLost = false;
  const sayStarting = () => {
    const text = isLost ? `Starting… ${sentLater}` : 'Starting…';
    if (isBusy) said.replaceChildren(h('p', { class: 'small', role: 'status' }, text));
  };
  watchConnection(({ lostSince }) => {
    isLost = lostSince !== null;
    sayStarting();
  });
  const start = async () => {
    if (isBusy) return;
    isBusy = true;
    sayStarting();
    try {
      const run = await startOnce(bodyOf());
      location.assign(`/runs/${encodeURIComponent(run.id)}`);
    } catch (error) {
      said.replaceChildren(problemBox(problemOf(error)) ?? '');
      isBusy = false;
    }
  };
  area.addEventListener('input', showCommand);
  showCommand();
  const pick = (/** @type {string} */ example) => {
    area.value = example;
    showCommand();
    area.focus();
  };
  return h(
    'div',
    { class: 'card' },
    node,
    h(
      'div',
      { class: 'examples', role: 'group', 'aria-label': 'Examples' },
      examples.map((text, index) =>
        button({ id: `example-${index}`, text, kind: 'quiet', onClick: () => pick(text) }),
      ),
    ),
    h(
      'div',
      { class: 'buttons' },
      button({ id: 'start', text: 'Start the run', kind: 'primary', onClick: () => void start() }),
    ),
    said,
    h(
      'details',
      { id: 'start-command' },
      h('summary', {}, 'The same from a terminal'),
      command,
      button({ id: 'copy-curl', text: 'Copy', kind: 'quiet', onClick: () => copy(command) }),
    ),
  );
}

/** @param {HTMLElement} source Selected where the browser gives no clipboard. */
async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    announce('Copied.');
  } catch {
    getSelection()?.selectAllChildren(source);
    announce('Selected: copy it with the keyboard.');
  }
}
