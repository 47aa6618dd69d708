/** A worker: one bundle of workflows and the activities, with the settings that make a kill short. */
import { Worker, type NativeConnection } from '@temporalio/worker';
import { createActivities } from '../activities/activities.js';
import type { ActivityDeps } from '../activities/deps.js';
import { heartbeatIntervalMs, stickyQueueTimeoutMs } from '../contracts/retry-policies.js';
import type { Config } from '../runtime/config.js';
import { bundleWorkflows, payloadConverterPath } from './bundle.js';

export interface WorkerDeps extends ActivityDeps {
  readonly connection: NativeConnection;
  readonly config: Pick<
    Config,
    'TEMPORAL_NAMESPACE' | 'TEMPORAL_TASK_QUEUE' | 'WORKER_SHUTDOWN_GRACE_MS' | 'WORKFLOW_BUNDLE'
  >;
}

/** What every worker is set to, whatever it carries. */
export const workerSettings = {
  // Runs of a process of the local size: about a megabyte each.
  maxCachedWorkflows: 500,
  maxConcurrentActivityTaskExecutions: 100,
  maxConcurrentWorkflowTaskExecutions: 40,
  maxHeartbeatThrottleInterval: heartbeatIntervalMs,
  defaultHeartbeatThrottleInterval: heartbeatIntervalMs,
  stickyQueueScheduleToStartTimeout: stickyQueueTimeoutMs,
} as const;

/** Creates a worker that polls once `run` is called. */
export async function createWorker(deps: WorkerDeps): Promise<Worker> {
  const { config } = deps;
  const workflowBundle =
    config.WORKFLOW_BUNDLE === undefined
      ? { code: await bundleWorkflows() }
      : { codePath: config.WORKFLOW_BUNDLE };
  return Worker.create({
    ...workerSettings,
    connection: deps.connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle,
    dataConverter: { payloadConverterPath },
    activities: createActivities(deps),
    shutdownGraceTime: config.WORKER_SHUTDOWN_GRACE_MS,
  });
}
