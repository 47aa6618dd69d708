/** A worker whose refunds can be taken back. */
import process from 'node:process';
import { NativeConnection } from '@temporalio/worker';
import { createAnthropicModel } from '../../activities/models/anthropic.js';
import { crashPointsOf, readConfig } from '../../runtime/config.js';
import { createLog } from '../../runtime/log.js';
import { openVerifier } from '../../runtime/open-verifier.js';
import { openDatabase } from '../../store/database.js';
import { createWorker } from '../../worker/create-worker.js';
import { createConfiguredTools } from '../../worker/tools.js';
import { withUndo } from './taken-back.js';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'worker', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const url = config.DATABASE_URL;
  const passPoint = crashPointsOf(config);
  const poolSize = config.DATABASE_POOL_SIZE;
  const database = openDatabase({ url, poolSize, log, name: 'worker', passPoint });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await createWorker({
    config,
    connection,
    database,
    log,
    verifier: openVerifier(config, log),
    passPoint,
    model: createAnthropicModel({
      apiKey: config.ANTHROPIC_API_KEY ?? '',
      baseUrl: config.ANTHROPIC_BASE_URL ?? '',
      requestTimeoutMs: 10_000,
      idleTimeoutMs: config.MODEL_IDLE_TIMEOUT_MS,
    }),
    tools: withUndo(createConfiguredTools(config, database)),
  });
  await worker.run();
}

main().catch(() => process.exit(1));
