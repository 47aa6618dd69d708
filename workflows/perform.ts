/** `perform`: one intent becomes one fact, by an activity or a timer. */
import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  scheduleActivity,
  sleep,
  workflowInfo,
  type ActivityOptions,
} from '@temporalio/workflow';
import type {
  CallResult,
  PlannedCall,
  RunActivities,
  ToolActivityInput,
} from '../contracts/activities.js';
import { isFailureCode, type FailureCode } from '../contracts/failure.js';
import type { RunId } from '../contracts/ids.js';
import {
  heartbeatTimeoutMs,
  retryPolicies,
  type RetryPolicy,
  type RetryPolicyName,
} from '../contracts/retry-policies.js';
import type { Fact, Intent, Run } from './run-state.js';
import { expirySummary, toolSummary } from './words.js';

/**
 * Carries out an intent. Rejects only when the run itself can't go on. With `then` and without
 * `await` throughout: the SDK takes a stack trace of every promise, and each `await` makes two.
 */
export function perform(run: Run, intent: Intent): Promise<Fact> {
  const { runId } = run;
  const { key } = intent;
  switch (intent.kind) {
    case 'open-run': {
      // A reset keeps the first run's id: what was bound stays bound.
      const { firstExecutionRunId } = workflowInfo();
      const opened = engine('openRun', { runId, firstExecutionRunId }, 'open the run');
      return opened.then((result): Fact => ({ kind: 'run-opened', key, result }));
    }
    case 'take-turn':
      return takeTurn(runId, key, intent.turn);
    case 'run-tool': {
      const { callId, tool, retryPolicy } = intent.call;
      const input: ToolActivityInput = { runId, callId, ...recordedOf(run, intent.call) };
      const options = optionsOf(retryPolicy, toolSummary(intent.call));
      return call(key, callId, scheduleActivity<CallResult>(tool, [input], options));
    }
    case 'await-expiry':
      return awaitExpiry(intent);
    case 'settle-approval': {
      const { callId } = intent.call;
      const { approvalId } = intent.approval;
      const summary = `read the decision · ${toolSummary(intent.call)}`;
      const settled = engine('settleApproval', { runId, callId, approvalId }, summary);
      return call(key, callId, settled);
    }
    case 'preview-call': {
      const { callId } = intent.call;
      const { approvalId } = intent.approval;
      const summary = `look up what it will do · ${toolSummary(intent.call)}`;
      const fact: Fact = { kind: 'call-previewed', key, callId, approvalId };
      // A question is never held up by what could not be looked up.
      return engine('previewCall', { runId, callId, approvalId }, summary, 'preview').then(
        () => fact,
        () => fact,
      );
    }
    case 'settle-call': {
      const { callId } = intent.call;
      const summary = `settle · ${toolSummary(intent.call)}`;
      return call(key, callId, engine('settleCall', { runId, callId, code: intent.code }, summary));
    }
    case 'stop-run': {
      const stopped = engine('stopRun', { runId }, 'record the cancellation');
      return stopped.then((): Fact => ({ kind: 'run-stopped', key }));
    }
    case 'close-run': {
      const { status, code } = intent;
      const closed = engine('closeRun', { runId, status, code }, `close as ${status}`);
      return closed.then((): Fact => ({ kind: 'run-closed', key }));
    }
  }
}

const takeTurn = (runId: RunId, key: string, turn: number): Promise<Fact> =>
  engine('takeTurn', { runId, turn }, `turn ${turn}`, 'model').then(
    (result): Fact => ({ kind: 'turn-taken', key, result }),
    (error: unknown): Fact => ({
      kind: 'turn-failed',
      key,
      code: codeOf(error, 'model-unreachable'),
    }),
  );

/** What history says of a call, beyond the reach of who writes to Postgres (P4). */
const recordedOf = ({ agentVersion, requestedBy }: Run, { argsDigest }: PlannedCall) =>
  agentVersion === null || requestedBy === null
    ? {}
    : { recorded: { argsDigest, agentVersion, requestedBy } };

/** An activity that ends without an answer loses its call; `settle-call` finds out what is true. */
const call = (
  key: string,
  callId: ToolActivityInput['callId'],
  activity: Promise<CallResult>,
): Promise<Fact> =>
  activity.then(
    (result): Fact => ({ kind: 'call-answered', key, callId, result }),
    (error: unknown): Fact => ({
      kind: 'call-lost',
      key,
      callId,
      code: codeOf(error, 'tool-failed'),
    }),
  );

function awaitExpiry(intent: Extract<Intent, { kind: 'await-expiry' }>): Promise<Fact> {
  const { key, approval } = intent;
  // Postgres judges; the timer only looks, and never in a tight loop.
  const remainingMs = Math.max(approval.remainingMs, shortestTimerMs);
  return sleep(remainingMs, { summary: expirySummary(intent.call) }).then(
    (): Fact => ({ kind: 'expiry-due', key, callId: intent.call.callId }),
    (error: unknown): Fact => {
      if (!isCancellation(error)) throw error;
      return { kind: 'expiry-dropped', key };
    },
  );
}

const shortestTimerMs = 20;

function engine<Name extends keyof RunActivities>(
  name: Name,
  input: Parameters<RunActivities[Name]>[0],
  summary: string,
  policy: RetryPolicyName = 'database',
): Promise<Awaited<ReturnType<RunActivities[Name]>>> {
  return scheduleActivity(name, [input], optionsOf(policy, summary));
}

function optionsOf(name: RetryPolicyName, summary: string): ActivityOptions {
  const policy: RetryPolicy = retryPolicies[name];
  return {
    startToCloseTimeout: policy.startToCloseMs,
    scheduleToCloseTimeout: policy.scheduleToCloseMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    // Only what may be aborted is ever cancelled: reads and the model. Nobody waits for those.
    cancellationType: 'TRY_CANCEL',
    retry: {
      initialInterval: policy.initialIntervalMs,
      maximumInterval: policy.maximumIntervalMs,
      backoffCoefficient: policy.backoffCoefficient,
    },
    summary,
  };
}

/** What the failure of an activity says of itself: our code, or `otherwise`. */
function codeOf(error: unknown, otherwise: FailureCode): FailureCode {
  if (isCancellation(error)) return 'run-cancelled';
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return otherwise;
  return typeof cause.type === 'string' && isFailureCode(cause.type) ? cause.type : otherwise;
}
