/** Runs made by the store alone, without a gateway. */
import type { RunId } from '../../contracts/ids.js';
import { invariant } from '../../runtime/belay-error.js';
import { newRunId } from '../../runtime/ids.js';
import { findCurrentVersion } from '../../store/agents.js';
import type { Database } from '../../store/database.js';
import { createRun } from '../../store/runs.js';

/** Writes a queued run of the refund desk and returns its id. */
export async function queueRun(database: Database): Promise<RunId> {
  const version = await findCurrentVersion(database, 'default', 'refund-desk');
  invariant(version !== null, 'the refund desk is registered');
  const runId = newRunId();
  const run = {
    tenantId: 'default',
    runId,
    agent: 'refund-desk',
    agentVersion: version.digest,
    input: { message: 'Refund order 42' },
    requestedBy: 'otto',
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
