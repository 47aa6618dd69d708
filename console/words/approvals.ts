/** Questions and their answers as people say them. Pure: now is always given. */
import type { ApprovalView } from '../../contracts/approval.js';
import { capital } from './amounts.js';
import { ageWords, clockWords, countWords } from './times.js';

/** When a question expires and what happens then: nobody is asked after that, whoever is before. */
export function expirySentence(
  { expiresAt }: Pick<ApprovalView, 'expiresAt'>,
  nowMs: number,
  timeZone?: string,
): string {
  const left = Date.parse(expiresAt) - nowMs;
  const at = clockWords(expiresAt, nowMs, timeZone);
  const then = 'the call is not made and the model is told';
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

type Outcome = Pick<ApprovalView, 'status' | 'decisions' | 'expiresAt' | 'withdrawn'>;

/** What became of a question that is no longer pending. */
export function outcomeSentence(
  { status, decisions, expiresAt, withdrawn }: Outcome,
  nowMs: number,
): string {
  if (status === 'pending') return 'Nobody has decided yet.';
  if (status === 'expired') {
    return `Expired at ${clockWords(expiresAt, nowMs)}: nobody answered in time. Not made.`;
  }
  if (status === 'cancelled') return 'Withdrawn: the run was cancelled. Not made.';
  if (withdrawn !== null) {
    return `${withdrawn.by} took the approval back at ${clockWords(withdrawn.at, nowMs)}. Not made.`;
  }
  const counting = decisions.filter((decision) => decision.void !== true);
  const last = counting.at(-1);
  if (last === undefined) return `${capital(status)}.`;
  const names = status === 'approved' ? counting.map(({ by }) => by) : [last.by];
  const said = last.message === undefined ? '' : ` “${last.message}”`;
  const what = decisionWords(last.decision);
  return `${namesWords(names)} ${what} this at ${clockWords(last.at, nowMs)}.${said}`;
}

/** How long ago a question was closed; nothing while it is open. */
export const closedWords = ({ closedAt }: Pick<ApprovalView, 'closedAt'>, nowMs: number): string =>
  closedAt === null ? '' : `(${ageWords(closedAt, nowMs)})`;

/** `ana`, `ana and ben`, `ana, ben and cleo`, each once. */
export function namesWords(names: readonly string[]): string {
  const unique = [...new Set(names)];
  const last = unique.at(-1) ?? 'nobody';
  return unique.length < 2 ? last : `${unique.slice(0, -1).join(', ')} and ${last}`;
}

/** Who may decide, as a noun: `finance`, `operator or finance`, `any approver`. */
export const approversWords = (approvers: readonly string[]): string =>
  approvers.length === 0 ? 'any approver' : approvers.join(' or ');
