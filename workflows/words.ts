/** What a run says in Temporal's Web UI. Ids, names and public fields only; Markdown is escaped. */
import type { PlannedCall } from '../contracts/activities.js';
import { summaryCharacters } from '../contracts/limits.js';
import type { RunStatus, WaitKind } from '../contracts/run.js';
import type { OpenCall, Run } from './run-state.js';

/** The line of a call: `refund 180.00 EUR for order 42 · asks`. */
export function toolSummary(call: PlannedCall): string {
  const asks = call.verdict === 'ask' ? ' · asks' : '';
  return `${escapeMarkdown(call.summary)}${asks}`;
}

/** The line of an expiry timer. */
export const expirySummary = (call: PlannedCall): string =>
  `waiting for approval · ${escapeMarkdown(call.summary)}`;

/** Text that Markdown shows as it is, on one line and not too long. */
export function escapeMarkdown(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').slice(0, summaryCharacters);
  return line.replaceAll(/[\\`*_{}[\]()#+!|<>~&-]/g, (mark) => `\\${mark}`);
}

/** Status and waits as the workflow knows them, for search attributes. */
export function outlineOf(run: Run): { status: RunStatus; waiting: readonly WaitKind[] } {
  if (run.step === 'closed') return { status: run.end?.status ?? closedStatus(run), waiting: [] };
  if (run.step === 'opening') return { status: 'queued', waiting: [] };
  const waiting = [...new Set(run.calls.flatMap(waitKindsOf))];
  const isWaiting = run.calls.length > 0 && run.calls.every((call) => isIdle(run, call));
  return { status: isWaiting ? 'waiting' : 'running', waiting };
}

const closedStatus = (run: Run): RunStatus => (run.cancel === 'none' ? 'failed' : 'cancelled');

const isIdle = (run: Run, call: OpenCall): boolean =>
  (call.step === 'asking' || call.step === 'parked') &&
  run.inFlight[`call:${call.planned.callId}`] === undefined;

const waitKindsOf = (call: OpenCall): readonly WaitKind[] => {
  if (call.step === 'asking') return ['approval'];
  return call.step === 'parked' ? ['effect'] : [];
};

/** The current details: status, step, whom it waits for and until when. Markdown. */
export function detailsOf(run: Run): string {
  const { status } = outlineOf(run);
  const head = `**${status}** · turn ${run.turn} of at most ${run.limits.turns}`;
  const cancelling = run.cancel === 'none' ? [] : ['Cancelling: what was dispatched is awaited.'];
  const calls = run.calls.map((call) => `- ${callLine(call)}`).join('\n');
  // Markdown takes a list only after a blank line.
  return [head, ...cancelling, calls].join('\n\n');
}

function callLine(call: OpenCall): string {
  const what = escapeMarkdown(call.planned.summary);
  switch (call.step) {
    case 'asking': {
      const who = call.approval?.approvers.map(escapeMarkdown).join(' or ') || 'an approver';
      const until = call.approval?.expiresAt ?? 'it is asked';
      return `${what}: waits for ${who} until ${until}, then it is not made`;
    }
    case 'parked':
      return `${what}: it is not known whether this happened; an operator must say`;
    case 'ready':
      return `${what}: being carried out`;
    case 'lost':
      return `${what}: being settled`;
  }
}
