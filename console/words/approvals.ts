/** Questions and their answers as people say them. Pure: now is always given. */
import type { ApprovalView } from '../../contracts/approval.js';
import { capital } from './amounts.js';
import { clockWords, countWords } from './times.js';

/** When a question expires and what happens then. */
export function expirySentence(
  { expiresAt, onExpiry }: Pick<ApprovalView, 'expiresAt' | 'onExpiry'>,
  nowMs: number,
  timeZone?: string,
): string {
  const left = Date.parse(expiresAt) - nowMs;
  const at = clockWords(expiresAt, nowMs, timeZone);
  const then =
    onExpiry === 'escalate'
      ? 'it goes to other people'
      : 'the call is not made and the model is told';
  return left > 0
    ? `Expires in ${countWords(left)} (${at}). Without an answer ${then}.`
    : `Expired at ${at}: ${then}.`;
}

/** What each answer did, in the past tense. */
const decidedWords: ReadonlyMap<string, string> = new Map([
  ['approve', 'approved'],
  ['edit', 'approved with other arguments'],
  ['reject', 'rejected'],
  ['respond', 'answered instead'],
]);

export const decisionWords = (decision: string): string => decidedWords.get(decision) ?? decision;

/** What became of a question that is no longer pending. */
export function outcomeSentence(
  { status, decisions, expiresAt }: Pick<ApprovalView, 'status' | 'decisions' | 'expiresAt'>,
  nowMs: number,
): string {
  if (status === 'pending') return 'Nobody has decided yet.';
  if (status === 'expired') {
    return `Expired at ${clockWords(expiresAt, nowMs)}: nobody answered in time. Not made.`;
  }
  if (status === 'cancelled') return 'Withdrawn: the run was cancelled. Not made.';
  const last = decisions.findLast((decision) => decision.void !== true);
  if (last === undefined) return `${capital(status)}.`;
  const said = last.message === undefined ? '' : ` “${last.message}”`;
  return `${last.by} ${decisionWords(last.decision)} this at ${clockWords(last.at, nowMs)}.${said}`;
}

/** Who may decide, as a noun: `finance`, `operator or finance`, `any approver`. */
export const approversWords = (approvers: readonly string[]): string =>
  approvers.length === 0 ? 'any approver' : approvers.join(' or ');
