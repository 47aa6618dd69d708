/** Judging a call by the pinned policy of its run: when it is planned, edited, and when it starts. */
import type { AgentVersion } from '../contracts/agent.js';
import { defaultTenant } from '../contracts/tenant.js';
import { ruleInputsOf, type JudgedRun, type RuleInputs } from './inputs.js';
import { compilePolicy, type DigestOf, type Policy, type PolicyJudgement } from './rules.js';

/** What the rules say of a call, and what they saw beside its arguments. */
export interface Judged {
  readonly judgement: PolicyJudgement;
  readonly inputs: RuleInputs;
}

/** Judges a call of a run by the rules of an agent version. Never throws: what fails asks. */
export type Judge = (
  version: AgentVersion,
  run: JudgedRun,
  tool: RuleInputs['tool'],
  args: unknown,
) => Judged;

/** Makes the judge of a process. Versions never change, so each policy is compiled once. */
export function createJudge(digestOf: DigestOf): Judge {
  const compiled = new WeakMap<AgentVersion, Policy>();
  const policyOf = (version: AgentVersion): Policy => {
    const known = compiled.get(version);
    if (known !== undefined) return known;
    const policy = compilePolicy(version.spec.policy, digestOf);
    compiled.set(version, policy);
    return policy;
  };
  return (version, run, tool, args) => {
    const inputs = ruleInputsOf(version.spec.name, defaultTenant, run, tool);
    return { judgement: policyOf(version).judge({ ...inputs, args }), inputs };
  };
}
