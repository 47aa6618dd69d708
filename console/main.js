/** The console: which page this is, how much waits for people, the connection and the key. */
import { apiKey, get, setApiKey, watchConnection } from './api.js';
import { approvalView } from './approval-view.js';
import { h, render, tick } from './dom.js';
import { announce, button } from './parts.js';
import { poll } from './poll.js';
import { runView } from './run-view.js';
import { homeView } from './runs-view.js';
import { waitsForEffect } from './wait-words.js';
import { clockWords, plural } from './words.js';

/**
 * @typedef {import('../contracts/approval.js').ApprovalView} Approval
 * @typedef {import('../contracts/run.js').RunView} Run
 * @typedef {(pending: readonly Approval[]) => void} ShowApprovals
 */

const name = 'Belay';
const most = 200;

/** @param {string} id */
const element = (id) => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
};

const [place = '', thing = ''] = location.pathname.split('/').slice(1).map(decodeURIComponent);
const isHome = thing === '' || (place !== 'runs' && place !== 'approvals');

/**
 * Opens the view of this address; the home page wants to know of every pending question.
 * @returns {ShowApprovals}
 */
function openView() {
  const main = element('main');
  const askApprovals = () => approvalPoll.now();
  const onParked = (/** @type {number} */ parked) => drawWaiting({ parked });
  if (isHome) return homeView(main, { askApprovals, onParked }).showApprovals;
  if (place === 'runs') runView(main, { runId: thing, askApprovals });
  else approvalView(main, { approvalId: thing, askApprovals });
  return () => undefined;
}

/** What waits for a person: questions, and runs that want a word on an effect. */
const waiting = { approvals: 0, parked: 0 };

/** @param {Partial<typeof waiting>} change */
function drawWaiting(change) {
  const { approvals, parked } = Object.assign(waiting, change);
  const sum = approvals + parked;
  const number = Math.max(approvals, parked) >= most ? `${sum}+` : String(sum);
  document.title = sum === 0 ? name : `(${number}) ${name}`;
  const link = element('waiting');
  link.setAttribute('href', approvals === 0 && parked > 0 ? '/#unknown' : '/#pending');
  render(link, number, () => `${number} waiting`);
  link.hidden = sum === 0;
}

/** The home page loads the runs itself. */
async function countParked() {
  if (isHome) return;
  /** @type {{ data: Run[] } | null} */
  const page = await get(`/v1/runs?status=waiting&limit=${most}`).catch(() => null);
  if (page !== null) drawWaiting({ parked: page.data.filter(waitsForEffect).length });
}

/** @type {Set<string> | null} Null until the first answer. */
let seen = null;

const approvalPoll = poll(async () => {
  /** @type {[{ data: Approval[] } | null, void]} The view and the banner say why none answers. */
  const [page] = await Promise.all([
    get(`/v1/approvals?status=pending&limit=${most}`).catch(() => null),
    countParked(),
  ]);
  if (page === null) return;
  const pending = page.data;
  drawWaiting({ approvals: pending.length });
  sayNew(pending);
  showApprovals(pending);
});
const showApprovals = openView();

/** @param {readonly Approval[]} pending */
function sayNew(pending) {
  const before = seen;
  const fresh = pending.filter(({ id }) => before?.has(id) !== true);
  seen = new Set(pending.map(({ id }) => id));
  const [only] = fresh;
  if (only === undefined) return;
  const what = fresh.length === 1 ? `: ${only.title}` : '';
  announce(`${plural(fresh.length, 'decision')} ${before === null ? '' : 'newly '}wanted${what}`);
}

const banner = element('connection');
watchConnection(({ lostSince, needsKey }) => {
  // A time that stands still: this is read aloud, and a counter would be read every second.
  render(banner, { lostSince }, () => {
    if (lostSince === null) return null;
    const since = clockWords(new Date(lostSince).toISOString(), Date.now());
    const lost = `The gateway has not answered since ${since}.`;
    return h('p', {}, `${lost} What you see may be old; it is tried again by itself.`);
  });
  drawKey(needsKey);
});

/** @param {boolean} isWanted */
function drawKey(isWanted) {
  const key = apiKey();
  render(element('key'), { isWanted, hasKey: key !== null }, () => {
    if (isWanted) return keyForm(key !== null);
    if (key === null) return null;
    const onClick = () => {
      setApiKey(null);
      location.reload();
    };
    return button({ id: 'forget-key', text: 'Forget the API key', kind: 'quiet', onClick });
  });
}

/** @param {boolean} wasRefused */
function keyForm(wasRefused) {
  const field = h('input', {
    id: 'api-key',
    type: 'password',
    autocomplete: 'off',
    required: true,
  });
  const said = h('p', { class: 'invalid', role: 'alert' });
  if (wasRefused) said.textContent = 'The key that was given is not valid here.';
  /** @param {Event} event */
  const submit = (event) => {
    event.preventDefault();
    const key = field.value.trim();
    if (!/^[\x21-\x7e]+$/.test(key)) {
      said.textContent = 'A key is one word of plain letters, digits and signs.';
      return;
    }
    setApiKey(key);
    location.reload();
  };
  return h(
    'form',
    { class: 'card', submit },

    h('label', { for: 'api-key' }, 'API key'),
    field,
    h(
      'p',
      { class: 'small' },
      'The gateway wants a key. It is kept in this tab only, until it is closed.',
    ),
    said,
    h('div', { class: 'buttons' }, h('button', { class: 'primary' }, 'Use this key')),
  );
}

drawKey(false);
setInterval(tick, 1_000);
