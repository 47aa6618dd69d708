/** A worker without Belay, under the same settings: `worker.js <journal> bare|commits`. */
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { readConfig } from '../../runtime/config.js';
import { createLog } from '../../runtime/log.js';
import { invariant } from '../../runtime/belay-error.js';
import { openDatabase } from '../../store/database.js';
import { workerSettings } from '../../worker/create-worker.js';
import { createTemporalLog } from '../../worker/temporal-log.js';
import { createStubCalls } from '../stub-calls.js';
import { createBaselineActivities } from './activities.js';
import { createRows } from './rows.js';

async function main(journalFile: string, kind: string): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: kind, level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  Runtime.install({ logger: createTemporalLog(log), shutdownSignals: ['SIGTERM'] });
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize, WORKFLOW_BUNDLE: codePath } = config;
  invariant(codePath !== undefined, 'the bundle of the baseline is made before its workers');
  const database = openDatabase({ url, poolSize, log, name: kind });
  const rows = kind === 'commits' ? createRows(database) : null;
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await Worker.create({
    ...workerSettings,
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle: { codePath },
    activities: createBaselineActivities(createStubCalls(journalFile), rows),
  });
  await worker.run();
  await connection.close();
  await database.close();
}

void main(process.argv[2] ?? '/dev/null', process.argv[3] ?? 'bare');
