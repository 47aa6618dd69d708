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

/** Runs of a process of the local size: about a megabyte each. */
const cachedWorkflows = 500;
const concurrentActivities = 100;
const concurrentWorkflowTasks = 40;

/** Creates a worker that polls once `run` is called. */
export async function createWorker(deps: WorkerDeps): Promise<Worker> {
  const { config } = deps;
  const workflowBundle =
    config.WORKFLOW_BUNDLE === undefined
      ? { code: await bundleWorkflows() }
      : { codePath: config.WORKFLOW_BUNDLE };
  return Worker.create({
    connection: deps.connection,
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    workflowBundle,
    dataConverter: { payloadConverterPath },
    activities: createActivities(deps),
    maxCachedWorkflows: cachedWorkflows,
    maxConcurrentActivityTaskExecutions: concurrentActivities,
    maxConcurrentWorkflowTaskExecutions: concurrentWorkflowTasks,
    maxHeartbeatThrottleInterval: heartbeatIntervalMs,
    defaultHeartbeatThrottleInterval: heartbeatIntervalMs,
    stickyQueueScheduleToStartTimeout: stickyQueueTimeoutMs,
    shutdownGraceTime: config.WORKER_SHUTDOWN_GRACE_MS,
  });
}
