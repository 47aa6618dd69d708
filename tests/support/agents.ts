/** Agents of a test's own: the refund desk with something changed. */
import type { AgentSpec } from '../../contracts/agent.js';
import { invariant } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { findCurrentVersion, registerAgents } from '../../store/agents.js';
import type { Database } from '../../store/database.js';

/** Registers a variation of the refund desk under another name. */
export async function registerDesk(
  database: Database,
  name: string,
  change: (spec: AgentSpec) => Partial<AgentSpec>,
): Promise<void> {
  const current = await findCurrentVersion(database, 'default', 'refund-desk');
  invariant(current !== null, 'the refund desk is registered');
  const spec = { ...current.spec, ...change(current.spec), name };
  await registerAgents(database, 'default', [{ digest: digestOf(spec), spec }]);
}
