/** The standing grants that cover the calls of a turn: looked for once, where one of them asks. */
import type { AgentVersion } from '../contracts/agent.js';
import { defaultTenant } from '../contracts/tenant.js';
import type { JudgedRun, RuleInputs } from '../policy/inputs.js';
import { findLiveGrants, type GrantRow } from '../store/grants.js';
import type { JudgedCall } from '../store/turn-commit.js';
import type { ActivityDeps } from './deps.js';
import { coverOf } from './grant-cover.js';

/**
 * Says of each call that asks which grants cover it; its turn takes a use under their locks. A run
 * that has read what strangers wrote is covered by none.
 */
export async function offerGrants(
  deps: Pick<ActivityDeps, 'database' | 'verifier' | 'log'>,
  version: AgentVersion,
  run: JudgedRun,
  calls: readonly JudgedCall[],
): Promise<readonly JudgedCall[]> {
  const tools = calls.filter(({ verdict }) => verdict === 'ask').map(({ tool }) => tool);
  if (tools.length === 0 || run.isTainted) return calls;
  const { name } = version.spec;
  const grants = await findLiveGrants(deps.database, defaultTenant, name, [...new Set(tools)]);
  if (grants.length === 0) return calls;
  return calls.map((call) => {
    if (call.verdict !== 'ask') return call;
    const covering = grants.filter((grant) => covers(deps, version, call, grant));
    return { ...call, grants: covering.map(({ id }) => id) };
  });
}

function covers(
  { verifier, log }: Pick<ActivityDeps, 'verifier' | 'log'>,
  version: AgentVersion,
  { tool, args, ruleInputs, verdict, question }: JudgedCall,
  grant: GrantRow,
): boolean {
  const spec = version.spec.tools.find((each) => each.name === tool);
  if (spec === undefined || ruleInputs === null) return false;
  const inputs = {
    ...(JSON.parse(ruleInputs) as RuleInputs),
    args: JSON.parse(args) as unknown,
  };
  const judgement = { verdict, ...question };
  const isTainted = inputs.run.tainted;
  const call = { verifier, tenantId: defaultTenant, version, spec, judgement, inputs, isTainted };
  const cover = coverOf(call, grant);
  if (cover.kind === 'tampered') {
    const about = { grantId: grant.id, findings: cover.findings };
    log.error('Tampering found: a standing grant is not used', about);
  }
  return cover.kind === 'holds';
}
