/** A turn: load by reference, ask the model once, judge what it planned, commit once. */
import type { RunActivities } from '../contracts/activities.js';
import type { AgentVersion } from '../contracts/agent.js';
import type { ContentBlock } from '../contracts/conversation.js';
import type { FailureCode } from '../contracts/failure.js';
import { unfinishedTurnsInARow } from '../contracts/limits.js';
import { defaultTenant } from '../contracts/tenant.js';
import type { JudgedRun } from '../policy/inputs.js';
import { invariant } from '../runtime/belay-error.js';
import { findVersion } from '../store/agents.js';
import { commitTurn, type FreshTurn, type JudgedCall } from '../store/turn-commit.js';
import type { StoredMessage } from '../store/transcript.js';
import { beginTurnAttempt, loadTurn } from '../store/turns.js';
import { answerTurn } from './answer-turn.js';
import type { CountedAnswer } from './ask-model.js';
import { addressOf, type ActivityDeps } from './deps.js';
import type { PreparedTurn } from './conversation.js';
import type { ModelStop, ModelTurn } from './models/model.js';
import { costOf } from './models/prices.js';
import { offerGrants } from './offer-grants.js';
import { planCall, refuseCut } from './plan-call.js';
import { showText } from './show-text.js';
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
    if (loaded.run.isRetryNoted) await beginTurnAttempt(database, address);
    if (turn > version.spec.limits.turns) return { kind: 'ended', code: 'turn-limit-reached' };
    const shown = showText(deps, address, turn);
    try {
      const answered = await answerTurn(deps, version.spec, address, turn, loaded, shown);
      if (answered.kind === 'over') return answered.result;
      passPoint('turn-answered');
      const fresh = freshTurn(deps, version, run, answered.prepared, answered.counted);
      const calls = await offerGrants(deps, version, run, fresh.calls);
      const result = await commitTurn(database, address, { ...fresh, calls });
      passPoint('turn-committed');
      return result;
    } finally {
      shown.close();
    }
  };

function freshTurn(
  deps: ActivityDeps,
  version: AgentVersion,
  run: JudgedRun,
  prepared: PreparedTurn,
  { answer, choice, attempt, end }: CountedAnswer,
): FreshTurn {
  const uses = answer.content.filter((block) => block.type === 'tool_use');
  const outcome = outcomeOf(answer.stop, uses.length, {
    callLimit: version.spec.limits.callsPerTurn,
    unfinishedTurns: prepared.unfinishedTurns,
  });
  const failureCode = typeof outcome === 'object' ? outcome.code : null;
  const cost = costOf(answer);
  return {
    turn: run.turn,
    stop: typeof outcome === 'object' ? 'ended' : outcome,
    model: answer.model,
    provider: choice.provider,
    requestId: answer.requestId,
    inputTokens: answer.usage.inputTokens,
    outputTokens: answer.usage.outputTokens,
    cacheReadTokens: answer.usage.cacheReadTokens,
    cacheWriteTokens: answer.usage.cacheWriteTokens,
    costMicrosUsd: cost.microsUsd,
    costEstimated: cost.isEstimate,
    priceVersion: cost.priceVersion,
    // A turn that ends the run is billed and shown, and stays out of the transcript.
    messages: failureCode === null ? messagesOf(prepared, answer) : [],
    text: answer.content.flatMap((block) => block.text ?? []).join('\n\n'),
    calls:
      outcome === 'tools'
        ? uses.map((block) => planned(deps, version, run, block, answer.stop === 'truncated'))
        : [],
    failureCode,
    asked: { attempt, end },
  };
}

/** What is sent for the first time, then what was received; an answer without content is neither. */
function messagesOf({ sent, nextSeq }: PreparedTurn, answer: ModelTurn): StoredMessage[] {
  const before = sent === null ? [] : [sent];
  if (answer.content.length === 0) return before;
  const content = answer.contentJson ?? JSON.stringify(answer.content);
  return [...before, { seq: nextSeq + before.length, role: 'assistant', content }];
}

/** Of an answer that was cut no call is made: the last one may lack half of its arguments. */
const planned = (
  deps: ActivityDeps,
  version: AgentVersion,
  run: JudgedRun,
  block: ContentBlock,
  isCut: boolean,
): JudgedCall => (isCut ? refuseCut(block) : planCall(deps.tools, version, run, block));

/** How a turn ends, or why the run can't go on after it. Words that nobody knows fail. */
function outcomeOf(
  stop: ModelStop,
  calls: number,
  bounds: { readonly callLimit: number; readonly unfinishedTurns: number },
): Exclude<FreshTurn['stop'], 'ended'> | { readonly code: FailureCode } {
  if (calls > bounds.callLimit) return { code: 'call-limit-reached' };
  const isUnfinished = stop === 'truncated' || stop === 'paused';
  if (isUnfinished && calls > 0) return 'tools';
  if (isUnfinished && bounds.unfinishedTurns >= unfinishedTurnsInARow) {
    return { code: 'model-output-invalid' };
  }
  switch (stop) {
    case 'final':
      return 'final';
    case 'tools':
      return calls === 0 ? { code: 'model-output-invalid' } : 'tools';
    case 'truncated':
      return 'cut';
    case 'paused':
      return 'paused';
    case 'refused':
      return { code: 'model-refused' };
    case 'context-full':
      return { code: 'model-context-too-long' };
    case 'unknown':
      return { code: 'model-output-invalid' };
  }
}
