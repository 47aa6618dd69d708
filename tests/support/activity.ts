/** The context of an activity without an engine: what the SDK gives to code that it runs. */
import { Context, asyncLocalStorage, type Info } from '@temporalio/activity';
import { noopMetricMeter } from '@temporalio/common';

export interface ActivityConditions {
  readonly attempt?: number;
  readonly workflowId?: string;
  /** Aborted when the run is cancelled. */
  readonly signal?: AbortSignal;
  readonly onHeartbeat?: () => void;
}

const nothing = (): void => undefined;
const silent = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};

/** Runs `work` as the SDK runs an activity. */
export function asActivity<Result>(
  conditions: ActivityConditions,
  work: () => Promise<Result>,
): Promise<Result> {
  const context = new Context(
    infoOf(conditions),
    new Promise<never>(nothing),
    conditions.signal ?? new AbortController().signal,
    conditions.onHeartbeat ?? nothing,
    undefined,
    silent,
    noopMetricMeter,
    {},
  );
  return asyncLocalStorage.run(context, work);
}

const infoOf = ({ attempt = 1, workflowId = 'run_0' }: ActivityConditions): Info => ({
  taskToken: new Uint8Array(),
  base64TaskToken: '',
  activityId: '1',
  activityType: 'test',
  activityNamespace: 'default',
  attempt,
  isLocal: false,
  workflowExecution: { workflowId, runId: 'engine' },
  scheduledTimestampMs: 0,
  scheduleToCloseTimeoutMs: 0,
  startToCloseTimeoutMs: 0,
  currentAttemptScheduledTimestampMs: 0,
  heartbeatDetails: undefined,
  taskQueue: 'test',
  namespace: 'default',
  inWorkflow: true,
});
