/**
 * A worker with the tools of the effect sink: `worker <sink url>`. Its crash points are passed freely
 * by every run but the one in `BELAY_CRASH_RUN`.
 */
import process from 'node:process';
import { Context } from '@temporalio/activity';
import { NativeConnection, Runtime } from '@temporalio/worker';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import { crashPointsOf, readConfig } from '../../../runtime/config.js';
import type { PassPoint } from '../../../runtime/crash-points.js';
import { createLog, errorFields } from '../../../runtime/log.js';
import { openVerifier } from '../../../runtime/open-verifier.js';
import { openDatabase } from '../../../store/database.js';
import { createWorker } from '../../../worker/create-worker.js';
import { createTemporalLog } from '../../../worker/temporal-log.js';
import { createSinkTools } from './tools.js';

async function main(sinkUrl: string): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'worker', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  Runtime.install({ logger: createTemporalLog(log), shutdownSignals: [] });
  const url = config.DATABASE_URL;
  const database = openDatabase({ url, poolSize: config.DATABASE_POOL_SIZE, log, name: 'sink' });
  const connection = await NativeConnection.connect({ address: config.TEMPORAL_ADDRESS });
  const worker = await createWorker({
    config,
    connection,
    database,
    log,
    verifier: openVerifier(config, log),
    passPoint: onlyIn(process.env['BELAY_CRASH_RUN'], crashPointsOf(config)),
    model: createAnthropicModel({
      apiKey: config.ANTHROPIC_API_KEY ?? '',
      baseUrl: config.ANTHROPIC_BASE_URL ?? '',
      requestTimeoutMs: 10_000,
      idleTimeoutMs: config.MODEL_IDLE_TIMEOUT_MS,
    }),
    tools: createSinkTools(sinkUrl),
  });
  const running = worker.run();
  log.info('Polling', { taskQueue: config.TEMPORAL_TASK_QUEUE, pid: process.pid });
  await running;
}

/** The points of activities: each knows its run. */
const onlyIn =
  (runId: string | undefined, passPoint: PassPoint): PassPoint =>
  (point) => {
    if (Context.current().info.workflowExecution?.workflowId === runId) passPoint(point);
  };

main(process.argv[2] ?? '').catch((error: unknown) => {
  const log = createLog({ service: 'worker', level: 'error', format: 'json' });
  log.error('The worker cannot go on', errorFields(error));
  process.exit(1);
});
