/** Runs made by the store alone, without a gateway. */
import type { RunId } from '../../contracts/ids.js';
import { invariant } from '../../runtime/belay-error.js';
import { newRunId } from '../../runtime/ids.js';
import { findCurrentVersion } from '../../store/agents.js';
import type { Database } from '../../store/database.js';
import { createRun } from '../../store/runs.js';

/** Writes a queued run of an agent, the refund desk if no other is named, and returns its id. */
export async function queueRun(
  database: Database,
  agent = 'refund-desk',
  requestedBy = 'otto',
): Promise<RunId> {
  const version = await findCurrentVersion(database, 'default', agent);
  invariant(version !== null, 'the agent is registered');
  const runId = newRunId();
  const run = {
    tenantId: 'default',
    runId,
    agent,
    agentVersion: version.digest,
    input: { message: 'Refund order 42' },
    requestedBy,
    tags: [],
    budget: null,
    createdAt: version.readAt,
  };
  await createRun(database, run, null, (record) => ({
    status: 202,
    body: JSON.stringify(record),
  }));
  return runId;
}
