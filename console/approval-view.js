/** The page of one question: a link that can be sent to the person who decides. */
import { get, problemOf } from './api.js';
import { createApprovals } from './approvals-view.js';
import { h, render } from './dom.js';
import { heading, isQuiet, problemBox } from './parts.js';
import { poll } from './poll.js';

/** @typedef {import('../contracts/approval.js').ApprovalView} Approval */

/**
 * @param {HTMLElement} main
 * @param {{ approvalId: string, askApprovals: () => void }} options
 */
export function approvalView(main, { approvalId, askApprovals }) {
  const said = h('div', {});
  const card = h('div', { class: 'cards' });
  main.replaceChildren(
    h('section', { 'aria-labelledby': 'question' }, heading('h1', 'question', 'A decision'), card),
    said,
  );
  const approvals = createApprovals(card, {
    forgetsSettled: false,
    showsRun: true,
    onChange: askApprovals,
  });
  poll(async () => {
    try {
      /** @type {Approval} */
      const approval = await get(`/v1/approvals/${encodeURIComponent(approvalId)}`);
      render(said, null, () => null);
      await approvals.show([approval]);
    } catch (error) {
      const problem = problemOf(error);
      render(said, problem, () => (isQuiet(problem) ? null : problemBox(problem)));
    }
  });
}
