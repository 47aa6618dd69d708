/** Who may say what became of a parked effect: one pure answer, for the gateway's views. */
import { holds, type Principal } from '../contracts/principal.js';

export interface ResolverVerdict {
  readonly canResolve: boolean;
  /** One sentence for the person concerned. */
  readonly why: string;
}

/** Says whether a principal may answer, and why. The route itself asks for the same permission. */
export const mayResolve = (principal: Principal): ResolverVerdict =>
  holds(principal, 'effects:resolve')
    ? { canResolve: true, why: 'Operators say what became of it.' }
    : { canResolve: false, why: 'Only operators say what became of it.' };
