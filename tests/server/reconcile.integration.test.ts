/** Runs whose workflows ended without their code: mirrored from the engine, with the reason (P7, P9). */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { RunId } from '../../contracts/ids.js';
import { createLog } from '../../runtime/log.js';
import { createEngineIdentity, type EngineIdentity } from '../../server/engine-identity.js';
import { startReconciler, type Reconciler } from '../../server/reconcile.js';
import { findRun } from '../../store/runs.js';
import { askInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { testServers } from '../support/servers.js';

let testing: TestDatabase;
let connection: Connection;
let client: Client;
let reconciler: Reconciler;
let identity: EngineIdentity;
const log = createLog({ service: 'test', level: 'error', format: 'json' });
beforeAll(async () => {
  testing = await openTestDatabase();
  connection = await Connection.connect({ address: testServers().temporalAddress });
  client = new Client({ connection });
  identity = createEngineIdentity({ connection, namespace: 'default' });
});
beforeEach(() => {
  const { database } = testing;
  reconciler = startReconciler({ database, connection, namespace: 'default', identity, log });
});
afterEach(() => reconciler.stop());
afterAll(async () => {
  await connection.close();
  await testing.close();
});

/** A queued run whose start was delivered to this engine, or to another one. */
async function delivered(engineId?: string): Promise<RunId> {
  const runId = await queueRun(testing.database);
  await testing.database.pool.query(
    `UPDATE outbox SET state = 'done', delivered_at = clock_timestamp() WHERE run_id = $1`,
    [runId],
  );
  await testing.database.pool.query('UPDATE run SET engine_id = $2 WHERE id = $1', [
    runId,
    engineId ?? (await identity.read()),
  ]);
  return runId;
}
const startWorkflow = (runId: RunId, more: { workflowExecutionTimeout?: string } = {}) =>
  client.workflow.start('agentRun', {
    workflowId: runId,
    taskQueue: 'nobody-listens',
    args: [{ runId }],
    ...more,
  } as Parameters<typeof client.workflow.start>[1]);
const find = async (runId: RunId) =>
  (await findRun(testing.database, { tenantId: 'default', runId }))!;
const untilEnded = async (runId: RunId) => {
  await eventually('it has ended', async () => (await find(runId)).finishedAt !== null);
  return find(runId);
};
const startStateOf = async (runId: RunId) => {
  const { rows } = await testing.database.pool.query<{ state: string }>(
    `SELECT state FROM outbox WHERE run_id = $1 AND kind = 'start'`,
    [runId],
  );
  return rows[0]?.state;
};

test('a terminated workflow ends its run with the reason, and its open question with it', async () => {
  const runId = await delivered();
  const { firstExecutionRunId } = await startWorkflow(runId);
  await askInRun(testing.database, runId);
  await testing.database.pool.query('UPDATE run SET first_run_id = $2 WHERE id = $1', [
    runId,
    firstExecutionRunId,
  ]);
  await client.workflow.getHandle(runId, firstExecutionRunId).terminate('it went in circles');
  const run = await untilEnded(runId);
  expect(run).toMatchObject({ status: 'failed', failure: { code: 'engine-terminated' } });
  expect(run.failure?.message).toContain('it went in circles');
  const { rows } = await testing.database.pool.query(
    'SELECT status FROM approval WHERE run_id = $1',
    [runId],
  );
  expect(rows).toEqual([{ status: 'cancelled' }]);
});

test('a workflow that ran into a time limit ends its run', async () => {
  const runId = await delivered();
  await startWorkflow(runId, { workflowExecutionTimeout: '1 second' });
  expect(await untilEnded(runId)).toMatchObject({
    status: 'failed',
    failure: { code: 'engine-timed-out' },
  });
});

test('a start that the engine does not have is delivered again', async () => {
  const runId = await delivered();
  await eventually('it is', async () => (await startStateOf(runId)) === 'pending');
  expect((await find(runId)).status).toBe('queued');
});

test('a run whose workflow was deleted fails, but not at the first look', async () => {
  const runId = await delivered();
  await startWorkflow(runId);
  await askInRun(testing.database, runId);
  await connection.workflowService.deleteWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: runId },
  });
  const from = performance.now();
  expect(await untilEnded(runId)).toMatchObject({
    status: 'failed',
    failure: { code: 'engine-history-lost' },
  });
  expect(performance.now() - from).toBeGreaterThan(10_000);
});

test('a run of another engine is left alone: that this one does not know it means nothing', async () => {
  const runId = await delivered('another-engine');
  const other = await delivered();
  await startWorkflow(other);
  await client.workflow.getHandle(other).terminate();
  await untilEnded(other);
  // Known to no engine of ours: here its start would be delivered again.
  expect(await startStateOf(runId)).toBe('done');
});

test('a run that waits is left alone', async () => {
  const runId = await delivered();
  await startWorkflow(runId);
  const other = await delivered();
  await startWorkflow(other);
  await client.workflow.getHandle(other).terminate();
  await untilEnded(other);
  // Both were quiet: the sweep that found the one has looked at the other, too.
  expect((await find(runId)).status).toBe('queued');
  expect(await startStateOf(runId)).toBe('done');
});

test('deliveries of runs that ended more than a day ago are deleted, younger ones are not', async () => {
  const [old, young] = [await delivered(), await delivered()];
  const end = `UPDATE run SET ended = 'completed', status = 'completed',
    finished_at = clock_timestamp() WHERE id = ANY ($1)`;
  await testing.database.pool.query(end, [[old, young]]);
  const age = `UPDATE outbox SET created_at = clock_timestamp() - $2 * interval '1 hour'
    WHERE run_id = $1`;
  await testing.database.pool.query(age, [old, 25]);
  await testing.database.pool.query(age, [young, 23]);
  await eventually('it is gone', async () => (await startStateOf(old)) === undefined);
  expect(await startStateOf(young)).toBe('done');
});
