/**
 * Every timeout, retry and heartbeat of every activity, a reason beside each row.
 * A tool names a row; the row is pinned in the turn's envelope, so an edit never disturbs a run.
 */

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

export interface RetryPolicy {
  /** One attempt, in milliseconds. */
  readonly startToCloseMs: number;
  /** All attempts together, in milliseconds. */
  readonly scheduleToCloseMs: number;
  /** One request to the outside service, in milliseconds; well within `startToCloseMs`. */
  readonly requestTimeoutMs: number;
  /** How long after its first dispatch an effect is repeated where its class allows that. */
  readonly repeatWithinMs: number;
  readonly initialIntervalMs: number;
  readonly maximumIntervalMs: number;
  readonly backoffCoefficient: number;
  readonly reason: string;
}

export const retryPolicies = {
  database: {
    startToCloseMs: 10 * second,
    scheduleToCloseMs: 30 * day,
    requestTimeoutMs: 5 * second,
    repeatWithinMs: day,
    initialIntervalMs: 200,
    maximumIntervalMs: 5 * second,
    backoffCoefficient: 2,
    reason: 'Our own Postgres: short transactions, and an outage of any length is waited out.',
  },
  model: {
    startToCloseMs: 30 * minute,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 60 * second,
    repeatWithinMs: day,
    initialIntervalMs: 200,
    maximumIntervalMs: 30 * second,
    backoffCoefficient: 2,
    reason:
      'Long answers stream for minutes, and a cut one is asked for again; a dead worker is noticed by its heartbeat. Overload passes, and Retry-After is honoured.',
  },
  preview: {
    startToCloseMs: 8 * second,
    scheduleToCloseMs: day,
    requestTimeoutMs: 5 * second,
    repeatWithinMs: 0,
    initialIntervalMs: 200,
    maximumIntervalMs: 2 * second,
    backoffCoefficient: 2,
    reason:
      'People wait for it: asked three times at most; only Postgres is waited out for longer.',
  },
  'quick-read': {
    startToCloseMs: 20 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 10 * second,
    repeatWithinMs: day,
    initialIntervalMs: 200,
    maximumIntervalMs: 10 * second,
    backoffCoefficient: 2,
    reason: 'Nothing changes outside, so it may be asked again as often as needed.',
  },
  payment: {
    startToCloseMs: 45 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 30 * second,
    repeatWithinMs: 20 * hour,
    initialIntervalMs: 200,
    maximumIntervalMs: 30 * second,
    backoffCoefficient: 2,
    reason: 'Repeated under one key while the service remembers it; then a person is asked.',
  },
  mail: {
    startToCloseMs: 30 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 10 * second,
    repeatWithinMs: 0,
    initialIntervalMs: 200,
    maximumIntervalMs: 30 * second,
    backoffCoefficient: 2,
    reason: 'SMTP takes no key: retried only before anything was sent, never after.',
  },
  desk: {
    startToCloseMs: 30 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 10 * second,
    repeatWithinMs: day,
    initialIntervalMs: 200,
    maximumIntervalMs: 30 * second,
    backoffCoefficient: 2,
    reason: 'A help desk answers within seconds; what was lost is searched for or written again.',
  },
  http: {
    startToCloseMs: 45 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 30 * second,
    repeatWithinMs: 20 * hour,
    initialIntervalMs: 500,
    maximumIntervalMs: 60 * second,
    backoffCoefficient: 2,
    reason: "Anybody's service: patient, and repeated only where the method or a key allows it.",
  },
  sql: {
    startToCloseMs: 20 * second,
    scheduleToCloseMs: 7 * day,
    requestTimeoutMs: 10 * second,
    repeatWithinMs: day,
    initialIntervalMs: 200,
    maximumIntervalMs: 10 * second,
    backoffCoefficient: 2,
    reason: 'One bounded SELECT; a database that is away is waited for.',
  },
} as const satisfies Record<string, RetryPolicy>;

export type RetryPolicyName = keyof typeof retryPolicies;

/** How often a tool is asked what a call will do before its question goes without: within 25 s. */
export const previewAttempts = 3;
/** A killed attempt is noticed after this long without a heartbeat. */
export const heartbeatTimeoutMs = 4 * second;
/** How often an activity beats, and how often the worker lets a beat through. */
export const heartbeatIntervalMs = second;
/** A workflow task that a dead worker holds is handed on after this long. */
export const workflowTaskTimeoutMs = 5 * second;
/** A killed worker's sticky queue is given up after this long. */
export const stickyQueueTimeoutMs = 2 * second;
/** A worker that is told to stop lets its activities finish for this long: longer than any tool. */
export const workerShutdownGraceMs = 50 * second;
/** A model stream without a byte for this long is given up and tried again. */
export const modelIdleTimeoutMs = 30 * second;
/** A run whose model account is at its spending limit looks again after this long; people act. */
export const quotaRetryMs = 15 * minute;
/** After the commit of `dispatched`, the first byte leaves within this long or not at all. */
export const sendWithinMs = 2 * second;
/** A service that asks for a longer wait than this is asked again earlier. */
export const longestRetryAfterMs = 60 * minute;
/** A keyed effect is not repeated this close to the end of the service's memory. */
export const keyRetentionMarginMs = 10 * minute;
/** An origin that takes our key in a header remembers it for at least this long, in hours. */
export const rememberedKeyHours = 24;
/** A SELECT of `sql_query` is ended by Postgres after this long: well within its request's bound. */
export const sqlStatementTimeoutMs = 8 * second;
/** A service is searched for a lost effect for this long after its dispatch; then people are asked. */
export const searchWithinMs = day;
/** An effect that a kill switch holds looks again after this long. */
export const heldRetryMs = 5 * second;
/**
 * An unwind that waits for people's word looks again after this long at first, and at most; before
 * the time of one turn is over, it goes on waiting in the next.
 */
export const unsettledRetryMs = { first: 500, longest: 5 * second, nextTurn: 6 * day } as const;
/** An effect that waits for the same thing done by another call looks again after this long. */
export const duplicateRetryMs = 2 * second;
/** A parked effect that nobody answers is reminded of after this long. */
export const remindAfterMs = hour;
/** And again each time this long has passed. */
export const remindEveryMs = 24 * hour;
/**
 * People who are asked are reminded first when this share of the time of their level is over: as much
 * is left as has passed, whether it lasts a minute or a week. Then as of parked effects, until it ends.
 */
export const remindAtShare = 1 / 2;
/** An expired question is the worker's to close; where it stands after this long, a worker is missing. */
export const unclosedAfterMs = 3 * second;
/** A simulation has this long: a thousand calls take a fraction of one second, and a condition may take for ever. */
export const simulateWithinMs = 10 * second;
