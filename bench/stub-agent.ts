/** The bench's agent as Belay pins it: limits and policy of its own, registered like any other. */
import type { Tool } from '../activities/tool.js';
import type { AgentSpec, AgentVersion } from '../contracts/agent.js';
import { parseRules } from '../policy/parse-rules.js';
import { digestOf } from '../runtime/digest.js';
import { toolSpecOf } from '../worker/load-agents.js';

export const agentName = 'bench';

const policy = `
- id: asked
  when: tool.name == "pay" && args.plan.asks
  decision: ask
  reason: The bench measures how long a decision takes.
  requesterMayDecide: true
  expiresIn: 24h
- id: allowed
  when: tool.name == "pay"
  decision: allow
  reason: The bench measures what a call costs.
`;

/** The version that lets a run take `turns` turns. */
export function benchAgent(tools: readonly Tool[], turns: number): AgentVersion {
  const spec: AgentSpec = {
    name: agentName,
    title: 'Bench',
    description: 'Does what its plan says.',
    instructions: 'Do what the plan says.',
    models: ['bench-model'],
    tools: tools.map(toolSpecOf),
    policy: parseRules(policy, 'bench policy'),
    limits: { turns, callsPerTurn: 1, parallelCalls: 1, outputTokensPerTurn: 4_096 },
    inputSchema: { type: 'object', properties: { message: { type: 'string' } } },
  };
  return { digest: digestOf(spec), spec };
}
