/** What every activity shares: it beats while it works, and its errors cross as a code and constant text. */
import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import { failures, type FailureCode } from '../contracts/failure.js';
import {
  heartbeatIntervalMs,
  longestRetryAfterMs,
  type RetryPolicy,
} from '../contracts/retry-policies.js';
import { BelayError } from '../runtime/belay-error.js';
import { errorFields, type Log, type LogFields } from '../runtime/log.js';
import { isUnavailable } from '../store/database.js';

/**
 * Wraps an activity. It beats from a timer, so a killed worker is noticed after the heartbeat
 * timeout whatever the activity does. Foreign errors stay in the process; their class is logged.
 */
export function adapt<Input extends object, Output>(
  log: Log,
  activity: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const context = Context.current();
    const its = log.with(idsOf(context, input));
    const startedAt = performance.now();
    const timer = setInterval(() => context.heartbeat(), heartbeatIntervalMs);
    try {
      const output = await activity(input);
      its.info('Activity finished', { durationMs: Math.round(performance.now() - startedAt) });
      return output;
    } catch (error) {
      throw crossing(its, error);
    } finally {
      clearInterval(timer);
    }
  };
}

/** A failure as Temporal may see it: a code, constant text, and when to try again. */
export function failureOf(code: FailureCode, retryInMs?: number): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: failures[code].title,
    nonRetryable: !failures[code].retryable,
    ...(retryInMs === undefined ? {} : { nextRetryDelay: retryInMs }),
  });
}

/** The wait before the attempt after `attempt`, in milliseconds: exponential and capped. */
export function retryDelayMs(policy: RetryPolicy, attempt: number): number {
  const delay = policy.initialIntervalMs * policy.backoffCoefficient ** Math.max(0, attempt - 1);
  return Math.min(delay, policy.maximumIntervalMs);
}

/** What a service asks us to wait, in milliseconds, but never longer than we are willing to. */
export const boundedRetryAfter = (retryAfterMs: number | undefined): number | undefined =>
  retryAfterMs === undefined ? undefined : Math.min(retryAfterMs, longestRetryAfterMs);

function crossing(log: Log, error: unknown): Error {
  if (error instanceof CancelledFailure) {
    log.info('Activity cancelled');
    return error;
  }
  if (error instanceof ApplicationFailure) {
    const code = error.type ?? 'internal';
    log.warn(error.nonRetryable === true ? 'Activity failed' : 'Activity failed, tried again', {
      code,
    });
    return error;
  }
  if (isUnavailable(error)) {
    log.warn('Postgres cannot be reached; the activity is tried again');
    return failureOf('database-unavailable');
  }
  log.error('An activity failed unexpectedly; it is tried again', errorFields(error));
  return failureOf(error instanceof BelayError ? error.code : 'internal');
}

function idsOf(context: Context, input: object): LogFields {
  const { callId } = input as { readonly callId?: string };
  const { workflowExecution, activityId, activityType, attempt } = context.info;
  const workflowId = workflowExecution?.workflowId ?? '';
  return {
    workflowId,
    runId: workflowId,
    activityId,
    activityType,
    attempt,
    ...(callId === undefined ? {} : { callId }),
  };
}
