/** Judging a call by the pinned policy of its run: when it is planned, and again when it starts. */
import type { AgentVersion } from '../contracts/agent.js';
import type { RunId } from '../contracts/ids.js';
import { defaultTenant } from '../contracts/tenant.js';
import { compilePolicy, type Policy, type PolicyJudgement } from '../policy/rules.js';
import type { EffectClass } from '../contracts/effect.js';

export interface JudgedRun {
  readonly runId: RunId;
  readonly requestedBy: string;
  readonly turn: number;
}

/** What the version's rules say of a call. Never throws: a rule that can't be evaluated asks. */
export const judge = (
  version: AgentVersion,
  run: JudgedRun,
  tool: { readonly name: string; readonly effect: EffectClass },
  args: unknown,
): PolicyJudgement =>
  policyOf(version).judge({
    tool: { name: tool.name, effect: tool.effect },
    args,
    run: {
      id: run.runId,
      agent: version.spec.name,
      requester: run.requestedBy,
      turn: run.turn,
    },
    tenant: { id: defaultTenant },
  });

/** Versions never change, so each policy is compiled once a process. */
const compiled = new WeakMap<AgentVersion, Policy>();

function policyOf(version: AgentVersion): Policy {
  const known = compiled.get(version);
  if (known !== undefined) return known;
  const policy = compilePolicy(version.spec.policy);
  compiled.set(version, policy);
  return policy;
}
