/** Who may decide a question: one pure answer, asked by the gateway's views and by the decision itself. */
import { holds, type Principal } from '../contracts/principal.js';

/** What a question demands of the people who decide it. */
export interface DecidableQuestion {
  /** Roles or labels; any approver when empty. */
  readonly approvers: readonly string[];
  readonly requesterMayDecide: boolean;
  /** Who started the run. */
  readonly requestedBy: string;
}

export interface DeciderVerdict {
  readonly canDecide: boolean;
  /** One sentence for the person concerned. */
  readonly why: string;
}

/** Says whether a principal may decide, and why. Nobody decides without the role, whatever the labels. */
export function mayDecide(principal: Principal, question: DecidableQuestion): DeciderVerdict {
  if (!holds(principal, 'approvals:decide')) {
    return { canDecide: false, why: 'Only approvers decide.' };
  }
  if (principal.id === question.requestedBy && !question.requesterMayDecide) {
    return { canDecide: false, why: 'Who started the run does not decide this question.' };
  }
  const own: ReadonlySet<string> = new Set([...principal.roles, ...principal.labels]);
  const asked = question.approvers;
  if (asked.length > 0 && !asked.some((approver) => own.has(approver))) {
    return { canDecide: false, why: `This question is for ${asked.join(' or ')}.` };
  }
  return { canDecide: true, why: 'You are among the people who may decide.' };
}
