/** Questions that wait for people: what will happen, why it is asked, and the answer. */
import { act, get, problemOf, serverNow } from './api.js';
import { h, json, quoted, renderList, ticking } from './dom.js';
import { announce, badge, button, clock, problemBox, textField } from './parts.js';
import { nowAndSoon } from './poll.js';
import { decisionWords, expirySentence, firstLine, outcomeSentence, titleWords } from './words.js';

/**
 * @typedef {import('../contracts/approval.js').ApprovalView} Approval
 * @typedef {import('../contracts/run.js').RunView} Run
 */
/** @typedef {import('./api.js').ProblemFields} ProblemFields */
/**
 * @typedef {object} Card What one card shows beside the approval itself.
 * @property {Approval} approval
 * @property {Run | null} run
 * @property {Answer | null} sending
 * @property {number} attempt
 * @property {boolean} isReasonMissing
 * @property {ProblemFields | null} problem
 * @property {number | null} settledAtMs When it was seen to be pending no more.
 */

/** A decided question stays readable for this long, and while the pointer is near. */
const settledForMs = { seen: 10_000, focused: 60_000 };

/**
 * Cards for approvals in `list`, oldest first.
 * @param {HTMLElement} list
 * @param {{ onChange: () => void, forgetsSettled: boolean, showsRun: boolean }} options
 * @returns {{ show: (pending: readonly Approval[]) => Promise<void> }}
 */
export function createApprovals(list, { onChange, forgetsSettled, showsRun }) {
  /** @type {Map<string, Card>} */
  const cards = new Map();
  /** @type {Map<string, Run>} */
  const runs = new Map();

  const draw = () =>
    renderList(list, [...cards.values()], {
      tag: 'article',
      keyOf: (card) => card.approval.id,
      classOf: (card) => `card is-${card.approval.status}`,
      build: (card) => cardOf(card, { showsRun, decide }),
    });

  /** @type {Decide} */
  const decide = async (card, { decision, argsDigest, message }) => {
    if (card.sending !== null) return;
    card.isReasonMissing = decision === 'reject' && message === '';
    card.problem = null;
    if (card.isReasonMissing) return draw();
    card.sending = decision;
    draw();
    const { id } = card.approval;
    try {
      const body = { decision, argsDigest, ...(message === '' ? {} : { message }) };
      card.approval = await act(decisionsPath(id), body, (attempt) => {
        card.attempt = attempt;
        draw();
      });
    } catch (error) {
      card.problem = problemOf(error);
      card.approval = (await find(id)) ?? card.approval;
    }
    card.sending = null;
    card.attempt = 1;
    settle(card);
    draw();
    nowAndSoon(onChange);
  };

  const show = async (/** @type {readonly Approval[]} */ pending) => {
    await addRuns(runs, showsRun ? pending : []);
    for (const approval of pending) {
      const card = cards.get(approval.id) ?? newCard(approval);
      if (card.sending === null && card.settledAtMs === null) card.approval = approval;
      settle(card);
      card.run = runs.get(approval.runId) ?? null;
      cards.set(approval.id, card);
    }
    const ids = new Set(pending.map(({ id }) => id));
    const gone = [...cards.values()].filter(({ approval }) => !ids.has(approval.id));
    await Promise.all(gone.map((card) => refresh(card)));
    // Nothing moves under a pointer: a click could meet another question.
    const isFree = forgetsSettled && !list.matches(':hover');
    for (const card of gone) if (isFree && isRead(card, list)) cards.delete(card.approval.id);
    draw();
  };
  return { show };
}

/** @param {Card} card @param {HTMLElement} list */
function isRead({ approval, settledAtMs }, list) {
  if (settledAtMs === null) return false;
  const key = document.activeElement?.closest('[data-key]')?.getAttribute('data-key');
  const isFocused = key === approval.id && list.contains(document.activeElement);
  return Date.now() - settledAtMs > (isFocused ? settledForMs.focused : settledForMs.seen);
}

/** @param {Approval} approval @returns {Card} */
const newCard = (approval) => ({
  approval,
  run: null,
  sending: null,
  attempt: 1,
  isReasonMissing: false,
  problem: null,
  settledAtMs: approval.status === 'pending' ? null : Date.now(),
});

/** @param {Card} card */
function settle(card) {
  if (card.approval.status === 'pending' || card.settledAtMs !== null) return;
  card.settledAtMs = Date.now();
  announce(`${card.approval.title}: ${outcomeSentence(card.approval, serverNow())}`);
}

/** What became of a question that is listed no more. @param {Card} card */
async function refresh(card) {
  if (card.settledAtMs !== null || card.sending !== null) return;
  card.approval = (await find(card.approval.id)) ?? card.approval;
  settle(card);
}

/** @param {string} id @returns {Promise<Approval | null>} */
const find = (id) => get(`/v1/approvals/${encodeURIComponent(id)}`).catch(() => null);

/** @param {string} id */
const decisionsPath = (id) => `/v1/approvals/${encodeURIComponent(id)}/decisions`;

/** @param {Map<string, Run>} runs @param {readonly Approval[]} approvals */
async function addRuns(runs, approvals) {
  const missing = new Set(approvals.map(({ runId }) => runId).filter((id) => !runs.has(id)));
  await Promise.all(
    [...missing].map(async (id) => {
      /** @type {Run | null} */
      const run = await get(`/v1/runs/${encodeURIComponent(id)}`).catch(() => null);
      if (run !== null) runs.set(id, run);
    }),
  );
}

/** @typedef {'approve' | 'reject'} Answer */
/**
 * @typedef {(card: Card, answer: { decision: Answer, argsDigest: string, message: string }) =>
 *   Promise<void>} Decide The digest is that of the arguments which were on the page.
 */

/** @type {(card: Card, options: { showsRun: boolean, decide: Decide }) => (Node | null)[]} */
function cardOf(card, { showsRun, decide }) {
  const { approval, run } = card;
  return [
    h(
      'header',
      {},
      h('h3', {}, h('a', { href: `/approvals/${approval.id}` }, titleWords(approval))),
      badge(approval.status),
    ),
    showsRun ? askerOf(approval, run) : null,
    h(
      'p',
      { class: 'why' },
      `Asked because: ${approval.reason} `,
      h('span', { class: 'small' }, `Rule ${approval.rule}.`),
    ),
    h('p', { class: 'small label' }, `${approval.tool} would be called with exactly this:`),
    json(approval.args),
    ...longTextsOf(approval.args),
    ...proposalOf(approval),
    ...votesOf(approval),
    ...answerOf(card, decide),
  ];
}

/** @type {(approval: Approval, run: Run | null) => HTMLElement} */
function askerOf({ runId, requestedAt }, run) {
  const link = h('a', { href: `/runs/${runId}` }, run === null ? runId : firstLine(run.input));
  const who = run === null ? '' : `${run.requestedBy} started ${run.agent.name}: `;
  return h('p', { class: 'small' }, who, link, ' · asked at ', clock(requestedAt));
}

/**
 * Texts of several lines once more as they would be read: a mail can't be judged by its JSON.
 * @param {unknown} args
 */
function longTextsOf(args) {
  if (typeof args !== 'object' || args === null) return [];
  return Object.entries(args).flatMap(([name, value]) =>
    typeof value === 'string' && value.includes('\n')
      ? [h('p', { class: 'small label' }, `${name}, as it would be read:`), quoted(value)]
      : [],
  );
}

/**
 * Where a person has changed the arguments, also what the model had proposed.
 * @param {Approval} approval
 */
function proposalOf({ id, args, originalArgs }) {
  if (JSON.stringify(args) === JSON.stringify(originalArgs)) return [];
  return [
    h(
      'details',
      { id: `proposal-${id}` },
      h('summary', {}, 'A person changed these. What the model had proposed'),
      json(originalArgs),
    ),
  ];
}

/** @param {Approval} approval */
function votesOf({ decisions, quorum, status }) {
  const isOneEnough = quorum === 1;
  const counting = decisions.filter((decision) => decision.void !== true).length;
  const need =
    status === 'pending' && !isOneEnough
      ? [h('p', {}, `Takes ${quorum} people; ${counting} so far.`)]
      : [];
  if (decisions.length === 0 || (isOneEnough && status !== 'pending')) return need;
  const votes = decisions.map((decision) =>
    h(
      'li',
      {},
      `${decision.by} ${decisionWords(decision.decision)} at `,
      clock(decision.at),
      decision.void === true ? ' (does not count any more)' : '',
      decision.message === undefined ? null : quoted(decision.message),
    ),
  );
  return [...need, h('ul', { class: 'votes' }, votes)];
}

/** @type {(card: Card, decide: Decide) => (Node | null)[]} */
function answerOf(card, decide) {
  const { approval, problem } = card;
  if (approval.status !== 'pending') {
    const outcome = outcomeSentence(approval, serverNow());
    const focusable = { class: 'outcome', tabindex: -1, 'data-outcome': true };
    return [problemBox(problem), h('p', focusable, outcome)];
  }
  const expiry = h(
    'p',
    { class: 'small' },
    ticking((nowMs) => expirySentence(approval, nowMs)),
  );
  const { canDecide, why } = approval.viewer;
  if (!canDecide) {
    return [
      expiry,
      problemBox(problem),
      h('p', { class: 'hint' }, `Not for you to decide: ${why}`),
    ];
  }
  return [expiry, problemBox(problem), formOf(card, decide)];
}

/** @type {(card: Card, decide: Decide) => HTMLElement} */
function formOf(card, decide) {
  const { id, allowedDecisions, viewer, argsDigest, title } = card.approval;
  const isBusy = card.sending !== null;
  const { node, area } = textField({
    id: `message-${id}`,
    label: 'Message',
    help: 'To reject, say why: the model reads it. To approve, it may stay empty.',
  });
  if (card.isReasonMissing) area.setAttribute('aria-invalid', 'true');
  /** @type {(decision: Answer) => void} */
  const answer = (decision) => {
    void decide(card, { decision, argsDigest, message: area.value.trim() });
    if (card.isReasonMissing) document.getElementById(area.id)?.focus();
  };
  const busyText = card.attempt > 1 ? `Trying again (${card.attempt})…` : 'Sending…';
  /** @type {(decision: Answer, text: string) => HTMLElement | null} */
  const choice = (decision, text) =>
    allowedDecisions.includes(decision)
      ? button({
          id: `${decision}-${id}`,
          text: card.sending === decision ? busyText : text,
          kind: decision,
          busy: isBusy,
          onClick: () => answer(decision),
        })
      : null;
  return h(
    'div',
    { class: 'answer', role: 'group', 'aria-label': `Decide: ${title}` },
    node,
    card.isReasonMissing
      ? h('p', { class: 'invalid', role: 'alert' }, 'Say why before you reject.')
      : null,
    h('div', { class: 'buttons' }, choice('approve', 'Approve'), choice('reject', 'Reject')),
    viewer.why === '' ? null : h('p', { class: 'small' }, viewer.why),
  );
}
