/** Compaction, the part that asks: a summary by the run's own model, committed once for its turn. */
import type { AgentSpec } from '../contracts/agent.js';
import { toldEffects } from '../contracts/limits.js';
import { commitEpoch, listDoneEffects } from '../store/epochs.js';
import type { LoadedTurn } from '../store/turns.js';
import { askModel, type AskedTurn, type CountedAnswer, type NoAnswer } from './ask-model.js';
import {
  seedContent,
  shortSummaryRequest,
  summaryRequest,
  type CompactionTrigger,
} from './compaction.js';
import type { PreparedTurn } from './conversation.js';
import type { ActivityDeps } from './deps.js';
import { choiceAt } from './models/chain.js';
import { contextBudget } from './models/windows.js';

/**
 * Puts a summary in the place of what the model was sent so far. Where no model gives one, what is
 * told of the conversation is its beginning and its end: no run dies of its length. Throws what
 * Temporal is to do about what passes.
 */
export async function compact(
  deps: ActivityDeps,
  spec: AgentSpec,
  loaded: LoadedTurn,
  prepared: PreparedTurn,
  asked: AskedTurn,
  trigger: CompactionTrigger,
): Promise<void> {
  const { address, turn } = asked;
  const summarized = await summarize(deps, spec, prepared, asked, trigger);
  const summary = summarized.kind === 'answered' ? summaryOf(summarized) : null;
  const { effects, more } = await listDoneEffects(deps.database, address, toldEffects);
  const covered = prepared.sent === null ? [] : [prepared.sent];
  await commitEpoch(deps.database, address, {
    turn,
    trigger,
    covered,
    seed: {
      seq: prepared.nextSeq + covered.length,
      role: 'user',
      content: seedContent(loaded, prepared.request, { summary, effects, more }),
    },
    summarizedBy: summary === null || summarized.kind !== 'answered' ? null : summarized.end.model,
    asked:
      summarized.kind === 'answered' ? { attempt: summarized.attempt, end: summarized.end } : null,
  });
}

/** Of a conversation that does not fit, or no longer, the summary is made from a shortened one. */
async function summarize(
  deps: ActivityDeps,
  spec: AgentSpec,
  prepared: PreparedTurn,
  asked: AskedTurn,
  trigger: CompactionTrigger,
): Promise<CountedAnswer | NoAnswer> {
  const ask = (request: PreparedTurn['request']) =>
    askModel(
      deps,
      { ...request, conversationId: asked.address.runId },
      { ...asked, purpose: 'compaction', shown: null },
    );
  if (trigger === 'budget') {
    const answer = await ask(summaryRequest(prepared.request));
    if (answer.kind === 'answered' || answer.code !== 'model-context-too-long') return answer;
  }
  const { model } = choiceAt(asked.chain, asked.position);
  return ask(
    shortSummaryRequest(prepared.request, contextBudget(model, spec.limits.contextTokens)),
  );
}

/** The words of an answer; null where it has none, or the model refused. */
function summaryOf({ answer }: CountedAnswer): string | null {
  if (answer.stop === 'refused') return null;
  const text = answer.content.flatMap((block) => block.text ?? []).join('\n\n');
  return text.trim() === '' ? null : text;
}
