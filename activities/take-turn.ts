/** A turn: load by reference, ask the model once, judge what it planned, commit once. */
import { CancelledFailure, Context } from '@temporalio/activity';
import type { RunActivities } from '../contracts/activities.js';
import type { AgentVersion } from '../contracts/agent.js';
import type { FailureCode } from '../contracts/failure.js';
import type { RunId } from '../contracts/ids.js';
import { retryPolicies } from '../contracts/retry-policies.js';
import type { JudgedRun } from '../policy/inputs.js';
import { defaultTenant } from '../contracts/tenant.js';
import { invariant } from '../runtime/belay-error.js';
import { findVersion } from '../store/agents.js';
import { commitTurn, type FreshTurn } from '../store/turn-commit.js';
import { beginTurnAttempt, loadTurn, noteTurnRetry } from '../store/turns.js';
import { boundedRetryAfter, failureOf, retryDelayMs } from './adapter.js';
import { addressOf, type ActivityDeps } from './deps.js';
import { prepareTurn, type PreparedTurn } from './conversation.js';
import { ModelError, type ModelStop, type ModelTurn } from './models/model.js';
import { priceOf } from './models/prices.js';
import { planCall } from './plan-call.js';
import { takeUndoTurn } from './undo-turn.js';

/** The activity `takeTurn`. Retried or raced, the first commit wins and everyone returns it. */
export const createTakeTurn =
  (deps: ActivityDeps): RunActivities['takeTurn'] =>
  async ({ runId, turn }) => {
    const { database, passPoint } = deps;
    const address = addressOf(runId);
    const loaded = await loadTurn(database, address, turn);
    invariant(loaded !== null, 'a turn has a run');
    if (loaded.committed !== null) return loaded.committed;
    if (loaded.run.cancelled) return { kind: 'cancelled' };
    const { agent, agentVersion, requestedBy, unwinds } = loaded.run;
    const version = await findVersion(database, defaultTenant, agent, agentVersion);
    invariant(version !== null, 'a pinned agent version exists');
    const { spentMicrosUsd, isTainted, at } = loaded.run;
    const run = { runId, requestedBy, turn, spentMicrosUsd, isTainted, at };
    if (unwinds !== null) return takeUndoTurn(deps, version, run, unwinds);
    const { brokenAt } = loaded.transcript;
    if (brokenAt !== null) {
      deps.log.error('The transcript does not fit its hashes', { runId, seq: brokenAt });
      return { kind: 'ended', code: 'transcript-broken' };
    }
    if (Context.current().info.attempt > 1) await beginTurnAttempt(database, address);
    if (turn > version.spec.limits.turns) return { kind: 'ended', code: 'turn-limit-reached' };
    const prepared = prepareTurn(version.spec, loaded);
    const answer = await askModel(deps, prepared, runId, turn);
    passPoint('turn-answered');
    const fresh = freshTurn(deps, version, run, prepared, answer);
    const result = await commitTurn(database, address, fresh);
    passPoint('turn-committed');
    return result;
  };

async function askModel(
  deps: ActivityDeps,
  prepared: PreparedTurn,
  runId: RunId,
  turn: number,
): Promise<ModelTurn> {
  const context = Context.current();
  try {
    const request = { ...prepared.request, conversationId: runId };
    return await deps.model.complete(request, { signal: context.cancellationSignal });
  } catch (error) {
    if (context.cancellationSignal.aborted) throw new CancelledFailure('cancelled');
    if (!(error instanceof ModelError)) throw error;
    if (!error.retryable) throw failureOf(error.code);
    const { attempt } = context.info;
    const { code, details } = error;
    const delayMs =
      boundedRetryAfter(details.retryAfterMs) ?? retryDelayMs(retryPolicies.model, attempt);
    const address = addressOf(runId);
    await noteTurnRetry(deps.database, address, { turn, attempt, code, delayMs });
    throw failureOf(code, delayMs);
  }
}

function freshTurn(
  deps: ActivityDeps,
  version: AgentVersion,
  run: JudgedRun,
  prepared: PreparedTurn,
  answer: ModelTurn,
): FreshTurn {
  const uses = answer.content.filter((block) => block.type === 'tool_use');
  const failureCode = failureOfTurn(answer.stop, uses.length, version.spec.limits.callsPerTurn);
  const planned = failureCode === null && answer.stop === 'tools' ? uses : [];
  const received = { seq: prepared.sent.seq + 1, role: 'assistant' as const };
  // A turn that ends the run is billed and shown, and stays out of the transcript.
  const messages =
    failureCode === null ? [prepared.sent, { ...received, content: contentOf(answer) }] : [];
  return {
    turn: run.turn,
    stop: failureCode !== null ? 'ended' : planned.length > 0 ? 'tools' : 'final',
    model: answer.model,
    requestId: answer.requestId,
    inputTokens: answer.usage.inputTokens,
    outputTokens: answer.usage.outputTokens,
    cacheReadTokens: answer.usage.cacheReadTokens,
    costMicrosUsd: priceOf(answer.model, answer.usage),
    messages,
    text: answer.content.flatMap((block) => block.text ?? []).join('\n\n'),
    calls: planned.map((block) => planCall(deps.tools, version, run, block)),
    failureCode,
  };
}

/** What is stored of an answer, and sent from then on. */
const contentOf = ({ content, contentJson }: ModelTurn): string =>
  contentJson ?? JSON.stringify(content);

const stopFailures = {
  final: null,
  tools: null,
  refused: 'model-refused',
  truncated: 'model-output-invalid',
  paused: 'model-output-invalid',
  'context-full': 'model-output-invalid',
  unknown: 'model-output-invalid',
} as const satisfies Record<ModelStop, FailureCode | null>;

/** Why the run can't go on after this answer; null when it can. */
function failureOfTurn(stop: ModelStop, calls: number, callLimit: number): FailureCode | null {
  if (stop === 'tools' && calls === 0) return 'model-output-invalid';
  return calls > callLimit ? 'call-limit-reached' : stopFailures[stop];
}
