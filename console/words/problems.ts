/** Refusals of the gateway as sentences for the person who clicked. Pure: now is always given. */
import { capital } from './amounts.js';
import { decisionWords } from './approvals.js';
import { clockWords, countWords } from './times.js';

/** The fields of `application/problem+json` that are shown. `status` is 0 when no answer came. */
export interface ProblemFields {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly requestId?: string;
  readonly decidedBy?: string | null;
  readonly decidedAt?: string | null;
  readonly decision?: string | null;
  readonly currentStatus?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** What a decision that was not taken is told: what happened, and what is safe. */
const toldOfRefusals: Readonly<Record<string, (problem: ProblemFields) => string>> = {
  'args-changed': () =>
    'The arguments were changed while you were reading. Nothing was decided: read them again.',
  'already-voted': () => 'You have voted on these arguments already. It counts; others decide now.',
  'preview-pending': () =>
    'What the call will do is still being looked up. Nothing was decided: try again in a moment.',
  'approval-expired': () =>
    'The question expired before your answer came. The call was not made, and the model is told.',
  forbidden: ({ detail = '' }) => `This is not yours to decide. ${detail}`.trim(),
};

/**
 * One sentence for a refused decision. Who was first is named with the time that lay between:
 * `sentAtMs` is when the button was pressed.
 */
export function refusalSentence(
  problem: ProblemFields,
  sentAtMs: number,
  nowMs: number,
  timeZone?: string,
): string {
  const { decidedBy, decidedAt, decision, code, detail, title, currentStatus } = problem;
  // A yes that was taken back: the gateway's own words say who did.
  const isWithdrawn = currentStatus === 'rejected' && decision !== 'reject';
  if (decidedBy && decidedAt && !isWithdrawn) {
    const at = clockWords(decidedAt, nowMs, timeZone);
    const what = decisionWords(decision ?? 'decided');
    return `${decidedBy} ${what} this at ${at}, ${beforeWords(sentAtMs - Date.parse(decidedAt))}. Your answer was not used.`;
  }
  return toldOfRefusals[code]?.(problem) ?? capital(detail ?? title);
}

const beforeWords = (ms: number): string =>
  ms < 1_000 ? 'a moment before you' : `${countWords(ms)} before you`;

/** The banner says it when the connection is lost or a key is wanted. */
export const isQuiet = ({ status, code }: ProblemFields): boolean =>
  status === 401 || code === 'connection-lost';
