/** Agents of a test's own: the refund desk with something changed. */
import type { AgentLimits, AgentSpec } from '../../contracts/agent.js';
import { defaultAgentLimits } from '../../contracts/limits.js';
import { invariant } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { findCurrentVersion, registerAgents } from '../../store/agents.js';
import type { Database } from '../../store/database.js';

/** Registers a variation of the refund desk under another name. */
export const registerDesk = (
  database: Database,
  name: string,
  change: (spec: AgentSpec) => Partial<AgentSpec>,
): Promise<void> => editDesk(database, (spec) => ({ ...change(spec), name }));

/** Registers a new version of the refund desk, as someone does who edits its folder. */
export async function editDesk(
  database: Database,
  change: (spec: AgentSpec) => Partial<AgentSpec>,
): Promise<void> {
  const current = await findCurrentVersion(database, 'default', 'refund-desk');
  invariant(current !== null, 'the refund desk is registered');
  const spec = { ...current.spec, ...change(current.spec) };
  await registerAgents(database, 'default', [{ digest: digestOf(spec), spec }]);
}

/** A spec of no agent in particular, for what looks at nothing but its limits. */
export const deskSpec = (limits: Partial<AgentLimits>): AgentSpec => ({
  name: 'desk',
  title: 'Desk',
  description: 'A desk.',
  instructions: 'Be brief.',
  models: ['claude-opus-5-5'],
  tools: [],
  policy: [],
  limits: { ...defaultAgentLimits, ...limits },
  inputSchema: {},
});
