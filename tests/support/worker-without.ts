/** A worker that lacks the tool named on its command line, as after a deployment that removed it. */
import process from 'node:process';
import { NativeConnection } from '@temporalio/worker';
import { createAnthropicModel } from '../../activities/models/anthropic.js';
import { readConfig } from '../../runtime/config.js';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { openVerifier } from '../../runtime/open-verifier.js';
import { openDatabase } from '../../store/database.js';
import { createWorker } from '../../worker/create-worker.js';
import { createConfiguredTools } from '../../worker/tools.js';

async function main(missing: string | undefined): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'worker', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const url = config.DATABASE_URL;
  const database = openDatabase({ url, poolSize: config.DATABASE_POOL_SIZE, log, name: 'worker' });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await createWorker({
    config,
    connection,
    database,
    log,
    verifier: openVerifier(config, log),
    passPoint: passFreely,
    model: createAnthropicModel({
      apiKey: config.ANTHROPIC_API_KEY ?? '',
      baseUrl: config.ANTHROPIC_BASE_URL ?? '',
      requestTimeoutMs: 10_000,
      idleTimeoutMs: config.MODEL_IDLE_TIMEOUT_MS,
    }),
    tools: createConfiguredTools(config, database).filter(({ name }) => name !== missing),
  });
  await worker.run();
}

main(process.argv[2]).catch(() => process.exit(1));
