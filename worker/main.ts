/** The worker process: polls Temporal, carries out turns and calls, and finishes what it holds when told to stop. */
import { setTimeout as wait } from 'node:timers/promises';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { createConfiguredModels } from '../activities/models/providers.js';
import { ConfigError, crashPointsOf, readConfig, type Config } from '../runtime/config.js';
import { createLog, errorFields, type Log } from '../runtime/log.js';
import { openVerifier } from '../runtime/open-verifier.js';
import { openDatabase } from '../store/database.js';
import { createDeltaWriter } from '../store/delta-writer.js';
import { createWorker } from './create-worker.js';
import { serveHealth } from './health.js';
import { createTemporalLog } from './temporal-log.js';
import { createConfiguredTools } from './tools.js';

const reconnectAfterMs = 500;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'worker', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stopping.abort());
  }
  Runtime.install({ logger: createTemporalLog(log), shutdownSignals: [] });
  const passPoint = crashPointsOf(config);
  const verifier = openVerifier(config, log);
  const health = serveHealth(config.HOST, config.WORKER_HEALTH_PORT, log);
  const database = openDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    log,
    name: 'belay-worker',
    passPoint,
  });
  const deltas = createDeltaWriter({ url: config.DATABASE_URL, log });
  const connection = await connectWhenUp(config, log, stopping.signal);
  if (connection !== null) {
    const worker = await createWorker({
      config,
      connection,
      database,
      log,
      passPoint,
      verifier,
      model: createConfiguredModels(config),
      tools: createConfiguredTools(config, database),
      deltas,
    });
    health.watch(worker);
    const running = worker.run();
    log.info('Polling', { taskQueue: config.TEMPORAL_TASK_QUEUE, pid: process.pid });
    // Only one that runs can be shut down: the stop may have come while it was made.
    if (stopping.signal.aborted) worker.shutdown();
    else stopping.signal.addEventListener('abort', () => worker.shutdown());
    await running;
    await connection.close();
  }
  await Promise.all([deltas.close(), database.close()]);
  verifier.stop();
  health.stop();
  log.info('Stopped');
}

/** Temporal may come up after its worker. Null when the worker is told to stop before that. */
async function connectWhenUp(
  config: Config,
  log: Log,
  signal: AbortSignal,
): Promise<NativeConnection | null> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await NativeConnection.connect({
        address: config.TEMPORAL_ADDRESS,
        ...(config.TEMPORAL_API_KEY === undefined
          ? {}
          : { apiKey: config.TEMPORAL_API_KEY, tls: true }),
      });
    } catch (error) {
      if (attempt === 1) log.warn('Temporal cannot be reached yet', errorFields(error));
      await wait(reconnectAfterMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

main().catch((error: unknown) => {
  const log = createLog({ service: 'worker', level: 'error', format: 'json' });
  // It names variables, never their values.
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else log.error('The worker cannot go on', errorFields(error));
  process.exit(1);
});
