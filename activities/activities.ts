/** The activities of a worker: those of every run, one for each tool, and `default` for tools that are gone. */
import { Context } from '@temporalio/activity';
import type {
  CallResult,
  OpenRunResult,
  RunActivities,
  ToolActivityInput,
} from '../contracts/activities.js';
import { largestAgentLimits } from '../contracts/limits.js';
import { defaultTenant } from '../contracts/tenant.js';
import { invariant } from '../runtime/belay-error.js';
import type { CrashPoint } from '../runtime/crash-points.js';
import { findVersion } from '../store/agents.js';
import { settleApproval } from '../store/call-settlement.js';
import type { Database } from '../store/database.js';
import { closeRun, openRun, recordEngineCancel } from '../store/run-lifecycle.js';
import { adapt, failureOf } from './adapter.js';
import { addressOf, type ActivityDeps } from './deps.js';
import { createPreviewCall } from './preview-call.js';
import { createRunTool } from './run-tool.js';
import { settle } from './settle.js';
import { createTakeTurn } from './take-turn.js';

type Activity = (input: never) => Promise<unknown>;

/** Everything a worker registers, by activity type. */
export function createActivities(deps: ActivityDeps): Readonly<Record<string, Activity>> {
  const { database, log, passPoint } = deps;
  const passing = async <Result>(work: Promise<Result>, point: CrashPoint): Promise<Result> => {
    const result = await work;
    passPoint(point);
    return result;
  };
  const engine: RunActivities = {
    openRun: adapt(log, (input) => passing(open(database, input), 'run-opened')),
    takeTurn: adapt(log, createTakeTurn(deps)),
    settleApproval: adapt(log, ({ runId, callId, approvalId }) =>
      passing(settleApproval(database, addressOf(runId), callId, approvalId), 'approval-settled'),
    ),
    settleCall: adapt(log, ({ runId, callId, code }) =>
      passing(settle(deps, addressOf(runId), callId, code), 'call-settled'),
    ),
    previewCall: adapt(log, createPreviewCall(deps)),
    stopRun: adapt(log, ({ runId }) =>
      passing(recordEngineCancel(database, addressOf(runId)), 'run-stopped'),
    ),
    closeRun: adapt(log, async ({ runId, ...end }) => {
      await passing(closeRun(database, addressOf(runId), end), 'run-closed');
    }),
  };
  const tools = deps.tools.map((tool): [string, Activity] => [
    tool.name,
    adapt<ToolActivityInput, CallResult>(log, createRunTool(deps, tool)),
  ]);
  // A tool that was removed still answers: its call is settled and the model is told.
  const gone = adapt(log, () => Promise.reject(failureOf('tool-unavailable')));
  return { ...engine, ...Object.fromEntries(tools), default: gone };
}

async function open(
  database: Database,
  { runId, firstExecutionRunId }: Parameters<RunActivities['openRun']>[0],
): Promise<OpenRunResult> {
  // Signals and cancellations go to the workflow of the run's id: no other one may carry it.
  const { workflowExecution } = Context.current().info;
  if (workflowExecution?.workflowId !== runId) {
    return { kind: 'refused', code: 'run-bound-elsewhere' };
  }
  const opening = await openRun(database, addressOf(runId), firstExecutionRunId);
  if (opening.kind === 'over') return opening;
  if (opening.kind === 'refused') return { kind: 'refused', code: 'run-bound-elsewhere' };
  const version = await findVersion(database, defaultTenant, opening.agent, opening.agentVersion);
  invariant(version !== null, 'a pinned agent version exists');
  const { limits } = version.spec;
  // An unwind has as many turns as there are effects to undo, whatever its agent may use.
  const turns = opening.unwinds === null ? limits.turns : largestAgentLimits.turns;
  const { agent, agentVersion, requestedBy } = opening;
  return { kind: 'opened', agent, agentVersion, requestedBy, limits: { ...limits, turns } };
}
