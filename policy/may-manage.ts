/** What an admin may do to a principal: to others what they are here for, to themselves no good turn. */
import type { PrincipalAct } from '../contracts/principal-views.js';

export interface ManagerVerdict {
  readonly canManage: boolean;
  /** One sentence for the person concerned. */
  readonly why: string;
}

/** Acts that can only take rights away. */
const lessens: ReadonlySet<PrincipalAct> = new Set(['revoked', 'key-revoked']);

/**
 * Says whether someone who manages principals may do this to this one. Nobody gives themselves
 * rights or keys: what they hold was given by somebody else, and ends when that was meant to end.
 */
export function mayManage(managerId: string, subjectId: string, act: PrincipalAct): ManagerVerdict {
  if (managerId === subjectId && !lessens.has(act)) {
    return { canManage: false, why: 'Nobody gives themselves rights or keys: ask another admin.' };
  }
  return { canManage: true, why: 'Admins manage principals.' };
}
