/** The home page: what waits for people first, then every run. */
import { get, problemOf } from './api.js';
import { createApprovals } from './approvals-view.js';
import { h, render, renderList, ticking } from './dom.js';
import { badge, button, isQuiet, problemBox, section } from './parts.js';
import { poll } from './poll.js';
import { startForm } from './start-form.js';
import { waitSentence, waitsForEffect } from './wait-words.js';
import { ageWords, cameOf, firstLine } from './words.js';

/**
 * @typedef {import('../contracts/approval.js').ApprovalView} Approval
 * @typedef {import('../contracts/run.js').RunView} Run
 */
/**
 * @typedef {{ data: Run[], nextCursor: string | null }} RunPage
 * @typedef {import('./api.js').ProblemFields} ProblemFields
 */

const pageRows = { first: 25, most: 200 };

/**
 * @param {HTMLElement} main
 * @param {{ askApprovals: () => void, onParked: (runs: number) => void }} options `onParked` hears
 *   how many runs wait for a word on an effect.
 * @returns {{ showApprovals: (pending: readonly Approval[]) => void }}
 */
export function homeView(main, { askApprovals, onParked }) {
  const cards = h('div', { class: 'cards' });
  const noCards = h('p', { class: 'empty' });
  const parked = h('ul', { class: 'runs' });
  const parkedSection = section('unknown', 'Not known whether it happened', parked);
  parkedSection.hidden = true;
  const runs = h('ul', { class: 'runs' });
  const said = h('div', {});
  const more = h('div', { class: 'buttons' });
  main.replaceChildren(
    h('h1', { class: 'unseen' }, 'Belay console'),
    section('pending', 'Waiting for a decision', noCards, cards),
    parkedSection,
    section('start-a-run', 'Start a run', startForm()),
    section('all-runs', 'Runs', said, runs, more),
  );

  let limit = pageRows.first;
  const approvals = createApprovals(cards, {
    forgetsSettled: true,
    showsRun: true,
    onChange: () => {
      askApprovals();
      runPoll.now();
    },
  });
  const runPoll = poll(async () => {
    try {
      const { page, waiting } = await loadRuns(limit);
      const unknown = waiting.filter(waitsForEffect);
      onParked(unknown.length);
      parkedSection.hidden = unknown.length === 0;
      drawRuns(parked, unknown, 'Say what happened');
      drawRuns(runs, page.data, '');
      drawMore(page);
      render(said, page.data.length === 0, () => emptyOf(page));
    } catch (error) {
      const problem = problemOf(error);
      render(said, problem, () => (isQuiet(problem) ? null : problemBox(problem)));
    }
  });
  const drawMore = (/** @type {RunPage} */ { nextCursor }) =>
    render(more, { hasMore: nextCursor !== null, limit }, () => {
      if (nextCursor === null) return null;
      if (limit >= pageRows.most) return h('p', { class: 'small' }, 'Older runs: GET /v1/runs');
      const onClick = () => {
        limit = Math.min(limit * 3, pageRows.most);
        runPoll.now();
      };
      return button({ id: 'more-runs', text: 'Show more', kind: 'quiet', onClick });
    });

  return {
    showApprovals: (pending) => {
      render(noCards, pending.length === 0, () =>
        pending.length === 0 ? 'Nothing waits for a decision.' : null,
      );
      noCards.hidden = pending.length > 0;
      void approvals.show(pending);
    },
  };
}

/** The newest runs, and of older ones those that may wait for a person. @param {number} limit */
async function loadRuns(limit) {
  /** @type {[RunPage, RunPage]} */
  const [page, older] = await Promise.all([
    get(`/v1/runs?limit=${limit}`),
    get(`/v1/runs?status=waiting&limit=${pageRows.most}`),
  ]);
  const byId = new Map([...page.data, ...older.data].map((run) => [run.id, run]));
  return { page, waiting: [...byId.values()] };
}

/** @param {RunPage} page */
const emptyOf = ({ data }) =>
  data.length > 0 ? null : h('p', { class: 'empty' }, 'No runs yet. Start one above.');

/** @type {(list: HTMLElement, runs: readonly Run[], wanted: string) => void} */
const drawRuns = (list, runs, wanted) =>
  renderList(list, runs, {
    keyOf: (run) => run.id,
    factsOf: (run) => [run.status, run.waitingFor, cameOf(run)],
    build: (run) => [
      badge(run.status),
      h(
        'div',
        {},
        h('a', { href: `/runs/${run.id}` }, firstLine(run.input) || run.id),
        cameOf(run) === '' ? null : h('p', { class: 'came', dir: 'auto' }, cameOf(run)),
        run.waitingFor.map((wait) =>
          h(
            'p',
            { class: 'wait' },
            ticking((nowMs) => waitSentence(wait, nowMs)),
          ),
        ),
        wanted === ''
          ? null
          : h('p', {}, h('a', { class: 'act', href: `/runs/${run.id}` }, wanted)),
        h(
          'p',
          { class: 'small' },
          `${run.agent.name} · by ${run.requestedBy} · `,
          ticking((nowMs) => ageWords(run.createdAt, nowMs)),
        ),
      ),
    ],
  });
