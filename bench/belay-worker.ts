/** Belay's worker as it is, with the stub in place of model and tools: `belay-worker.js <journal>`. */
import { NativeConnection, Runtime } from '@temporalio/worker';
import { readConfig } from '../runtime/config.js';
import { createLog } from '../runtime/log.js';
import { openVerifier } from '../runtime/open-verifier.js';
import { openDatabase } from '../store/database.js';
import { createDeltaWriter } from '../store/delta-writer.js';
import { createWorker } from '../worker/create-worker.js';
import { createTemporalLog } from '../worker/temporal-log.js';
import { createStubCalls } from './stub-calls.js';
import { createStubModel } from './stub-model.js';
import { createStubTools } from './stub-tools.js';
import { passFreely } from '../runtime/crash-points.js';

async function main(journalFile: string): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'worker', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  Runtime.install({ logger: createTemporalLog(log), shutdownSignals: ['SIGTERM'] });
  const { DATABASE_URL: url, DATABASE_POOL_SIZE: poolSize } = config;
  const database = openDatabase({ url, poolSize, log, name: 'belay-worker' });
  const deltas = createDeltaWriter({ url, log });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const calls = createStubCalls(journalFile);
  const worker = await createWorker({
    config,
    connection,
    database,
    log,
    verifier: openVerifier(config, log),
    passPoint: passFreely,
    model: createStubModel(calls),
    tools: createStubTools(calls),
    deltas,
  });
  await worker.run();
  await connection.close();
  await Promise.all([deltas.close(), database.close()]);
}

void main(process.argv[2] ?? '/dev/null');
