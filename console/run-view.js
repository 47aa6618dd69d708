/** One run: what it is doing, whom it waits for, what has happened, and its story as it goes. */
import { act, get, problemOf } from './api.js';
import { createApprovals } from './approvals-view.js';
import { drawCalls } from './calls-view.js';
import { h, outwardLink, quoted, render } from './dom.js';
import { createResolutions } from './effects-view.js';
import { followRun } from './events.js';
import { badge, button, clock, heading, isQuiet, problemBox, section, textField } from './parts.js';
import { poll } from './poll.js';
import { drawTimeline } from './timeline-view.js';
import { stateOf } from './run-state.js';
import { cancellable, firstLine } from './words.js';

/**
 * @typedef {import('../contracts/approval.js').ApprovalView} Approval
 * @typedef {import('../contracts/call.js').CallView} Call
 */
/**
 * @typedef {import('../contracts/effect.js').EffectView} Effect
 * @typedef {import('../contracts/event.js').EventView} Event
 */
/**
 * @typedef {import('../contracts/run.js').RunView} Run
 * @typedef {import('./api.js').ProblemFields} ProblemFields
 */

const refetchAfterMs = 150;

/**
 * @param {HTMLElement} main
 * @param {{ runId: string, askApprovals: () => void }} options
 */
export function runView(main, { runId, askApprovals }) {
  const page = layout(main);
  const path = `/v1/runs/${encodeURIComponent(runId)}`;
  /** @type {{ resume: () => void } | null} */
  let feed = null;
  let isOver = false;

  const load = async () => {
    try {
      const facts = await loadFacts(path, runId);
      isOver = !cancellable.includes(facts.run.status);
      feed ??= followRun(runId, createStory(page, refetchSoon));
      await approvals.show(facts.pending);
      resolutions.show(facts.effects, facts.calls);
      cancel.show(facts.run);
      drawFacts(page, facts);
    } catch (error) {
      const problem = problemOf(error);
      render(page.said, problem, () => (isQuiet(problem) ? null : problemBox(problem)));
    }
  };
  // A run that is over changes only by a person's word on what is parked.
  const loading = poll(() => (isOver && page.needs.hidden ? Promise.resolve() : load()));
  const changed = () => {
    isOver = false;
    askApprovals();
    loading.now();
    feed?.resume();
  };
  const approvals = createApprovals(page.approvals, {
    forgetsSettled: true,
    showsRun: false,
    onChange: changed,
  });
  const resolutions = createResolutions(page.effects, { onChange: changed });
  const cancel = createCancel(page.cancel, path, changed);

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const refetchSoon = () => {
    clearTimeout(timer);
    isOver = false;
    timer = setTimeout(loading.now, refetchAfterMs);
  };
}

/** @typedef {{ run: Run, calls: Call[], effects: Effect[], pending: Approval[] }} Facts */

/** @type {(path: string, runId: string) => Promise<Facts>} */
async function loadFacts(path, runId) {
  const query = `status=pending&runId=${encodeURIComponent(runId)}&limit=200`;
  /** @type {[Run, { data: Call[] }, { data: Effect[] }, { data: Approval[] }]} */
  const [run, calls, effects, pending] = await Promise.all([
    get(path),
    get(`${path}/calls`),
    get(`${path}/effects`),
    get(`/v1/approvals?${query}`),
  ]);
  return { run, calls: calls.data, effects: effects.data, pending: pending.data };
}

/** @type {(page: ReturnType<typeof layout>, facts: Facts) => void} */
function drawFacts(page, { run, calls, effects }) {
  render(page.said, null, () => null);
  page.all.hidden = false;
  const isParked = effects.some(({ state }) => state === 'parked');
  const isNeeded = isParked || page.approvals.childElementCount > 0;
  const hadFocus = page.needs.contains(document.activeElement);
  page.needs.hidden = !isNeeded;
  drawHeader(page, run);
  if (hadFocus && !isNeeded) document.getElementById('run-title')?.focus();
  render(page.state, [run, calls, effects], () => stateOf(run, calls, effects));
  drawCalls(page.calls, calls, effects);
  page.noCalls.hidden = calls.length > 0;
  const isFinished = run.finishedAt !== null;
  render(page.noCalls, isFinished, () => (isFinished ? 'No calls.' : 'No calls yet.'));
}

/**
 * Takes the events as they come and tells them.
 * @param {ReturnType<typeof layout>} page
 * @param {() => void} onNews
 */
function createStory(page, onNews) {
  /** @type {Event[]} */
  const events = [];
  return {
    /** @param {Event[]} fresh */
    onEvents: (fresh) => {
      events.push(...fresh);
      drawTimeline(page.timeline, events);
      onNews();
    },
    /** @param {boolean} isLive */
    onLive: (isLive) =>
      render(page.live, isLive, () => (isLive ? 'live' : 'connection lost, trying again…')),
    onEnd: () => {
      render(page.live, 'end', () => 'the run is over');
      onNews();
    },
  };
}

/** @param {HTMLElement} main */
function layout(main) {
  const page = {
    said: h('div', {}),
    head: h('div', { class: 'head' }),
    state: h('div', { class: 'card state' }),
    cancel: h('div', { class: 'actions' }),
    approvals: h('div', { class: 'cards' }),
    effects: h('div', { class: 'cards' }),
    live: h('p', { class: 'small', role: 'status' }, 'connecting…'),
    timeline: h('ol', { class: 'timeline' }),
    calls: h('div', { class: 'cards' }),
    noCalls: h('p', { class: 'empty' }),
  };
  const needs = section('needs-you', 'Waiting for a person', page.approvals, page.effects);
  needs.hidden = true;
  const all = h(
    'div',
    { class: 'run' },
    page.head,
    needs,
    section('state-now', 'Where it stands', page.state, page.cancel),
    h(
      'div',
      { class: 'columns' },
      section('timeline', 'What happened', page.live, page.timeline),
      section('calls', 'Calls', page.noCalls, page.calls),
    ),
  );
  all.hidden = true;
  main.replaceChildren(page.said, all);
  return { ...page, needs, all };
}

/** @type {(page: ReturnType<typeof layout>, run: Run) => void} */
function drawHeader(page, run) {
  const { id, agent, input, status, requestedBy, createdAt, links } = run;
  const title = firstLine(input) || id;
  render(page.head, [id, status, links.temporalUi], () => [
    h('div', { class: 'title' }, heading('h1', 'run-title', title), badge(status)),
    h(
      'p',
      { class: 'small' },
      `${requestedBy} started ${agent.name} (version ${agent.version.slice(0, 8)}) at `,
      clock(createdAt),
      ' · ',
      h('code', {}, id),
    ),
    links.temporalUi === null
      ? null
      : h('p', { class: 'small' }, outwardLink(links.temporalUi, 'Open in the Temporal UI')),
    title === input ? null : wholeMessage(input, title),
  ]);
}

/**
 * The message in full, where its first line is not all of it.
 * @type {(input: unknown, title: string) => HTMLElement | null}
 */
function wholeMessage(input, title) {
  const message = /** @type {{ message?: unknown } | null} */ (input)?.message;
  return typeof message === 'string' && message.trim() !== title ? quoted(message) : null;
}

/**
 * @param {HTMLElement} element
 * @param {string} path
 * @param {() => void} onChange
 */
function createCancel(element, path, onChange) {
  const form = { isBusy: false, problem: /** @type {ProblemFields | null} */ (null) };
  /** @type {(run: Run) => void} */
  const show = (run) => {
    const isAsked = run.cancelRequestedAt !== null;
    const isOpen = cancellable.includes(run.status);
    render(element, { isOpen, isAsked, ...form }, () => {
      if (!isOpen) return problemBox(form.problem);
      if (isAsked) return h('p', { class: 'wait' }, 'Cancelling: what was sent is still awaited.');
      const { node, area } = textField({
        id: 'cancel-reason',
        label: 'Reason (may stay empty)',
        help: 'Nothing new is begun. What was already sent is awaited and told, never undone.',
      });
      const onClick = async () => {
        form.isBusy = true;
        form.problem = null;
        show(run);
        const reason = area.value.trim();
        await act(`${path}/cancel`, reason === '' ? {} : { reason }).catch((error) => {
          form.problem = problemOf(error);
        });
        form.isBusy = false;
        show(run);
        onChange();
      };
      const text = form.isBusy ? 'Sending…' : 'Cancel this run';
      return h(
        'details',
        { id: 'cancel' },
        h('summary', {}, 'Cancel…'),
        h(
          'div',
          { class: 'card' },

          node,
          problemBox(form.problem),
          h(
            'div',
            { class: 'buttons' },
            button({ id: 'cancel-run', text, kind: 'reject', busy: form.isBusy, onClick }),
          ),
        ),
      );
    });
  };
  return { show };
}
