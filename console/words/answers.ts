/** What an answer to a question is about to say, before it is sent. Pure: now is always given. */
import type { ApprovalView, DecisionKind } from '../../contracts/approval.js';
import { capital } from './amounts.js';
import { clockWords } from './times.js';

/** When a message is needed, for the answers that are allowed. */
export function messageHelp(allowed: readonly DecisionKind[]): string {
  const needs = [
    ...(allowed.includes('reject') ? ['To reject, say why'] : []),
    ...(allowed.includes('respond') ? ['to answer instead, write the answer'] : []),
  ];
  const needed = needs.length === 0 ? '' : `${capital(needs.join('; '))}: the model reads it. `;
  return allowed.includes('approve') ? `${needed}To approve, it may stay empty.` : needed.trim();
}

const armedWords = {
  approve: 'approve',
  edit: 'edit',
  reject: 'reject',
  respond: 'answer instead of',
} as const satisfies Record<DecisionKind, string>;

/** Exactly what Enter would do. */
export function armedSentence(decision: DecisionKind, title: string, message: string): string {
  const said = message.trim();
  const saying = said === '' ? '' : `, saying “${said}”`;
  return `Press Enter to ${armedWords[decision]}: ${title}${saying}. Escape or any other key: not.`;
}

/** Who changed the arguments of a question, and when. */
export function changedSentence(
  { decisions }: Pick<ApprovalView, 'decisions'>,
  nowMs: number,
  timeZone?: string,
): string {
  const edit = decisions.findLast(({ decision }) => decision === 'edit');
  if (edit === undefined) return 'The arguments were changed.';
  return `${edit.by} changed the arguments at ${clockWords(edit.at, nowMs, timeZone)}.`;
}
