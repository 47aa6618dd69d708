/** From what is stored to an answer: the conversation is compacted where it has grown too long. */
import type { TakeTurnResult } from '../contracts/activities.js';
import type { AgentSpec } from '../contracts/agent.js';
import { choicesOf } from '../contracts/model-choice.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import type { RunAddress } from '../store/run-transaction.js';
import { loadTurn, type LoadedTurn } from '../store/turns.js';
import { failureOf } from './adapter.js';
import { askModel, type AskedTurn, type CountedAnswer } from './ask-model.js';
import { compact } from './compact.js';
import { canCompact, isCompactionDue } from './compaction.js';
import { expectedUsage } from './expected-usage.js';
import { prepareTurn, type PreparedTurn } from './conversation.js';
import type { ActivityDeps } from './deps.js';
import { choiceAt } from './models/chain.js';
import type { ShownText } from './show-text.js';

export type AnsweredTurn =
  | { readonly kind: 'answered'; readonly prepared: PreparedTurn; readonly counted: CountedAnswer }
  /** Meanwhile somebody else committed it, or the run is to stop. */
  | { readonly kind: 'over'; readonly result: TakeTurnResult };

/** Of one turn: what follows on a compaction has nothing left to be compacted. */
const looks = 3;

/** Asks the model for a turn. Throws what Temporal is to do about a failure. */
export async function answerTurn(
  deps: ActivityDeps,
  spec: AgentSpec,
  address: RunAddress,
  turn: number,
  first: LoadedTurn,
  shown: ShownText,
): Promise<AnsweredTurn> {
  let loaded = first;
  for (let look = 1; look <= looks; look += 1) {
    const prepared = prepareTurn(spec, loaded, turn);
    const { request } = prepared;
    const asked = { ...askedTurn(spec, address, turn, loaded, prepared), shown };
    const { model } = choiceAt(asked.chain, asked.position);
    if (isCompactionDue(spec, model, loaded, request)) {
      await compact(deps, spec, loaded, prepared, asked, 'budget');
    } else {
      const answer = await askModel(deps, { ...request, conversationId: address.runId }, asked);
      if (answer.kind === 'answered') return { kind: 'answered', prepared, counted: answer };
      const { code } = answer;
      if (code !== 'model-context-too-long') throw failureOf(code);
      // Nothing can be left out of it: not even its beginning fits.
      if (!canCompact(loaded, 'overflow')) return { kind: 'over', result: { kind: 'ended', code } };
      await compact(deps, spec, loaded, prepared, asked, 'overflow');
    }
    const again = await loadTurn(deps.database, address, turn);
    invariant(again !== null, 'a turn has a run');
    if (again.committed !== null) return { kind: 'over', result: again.committed };
    if (again.run.cancelled) return { kind: 'over', result: { kind: 'cancelled' } };
    loaded = again;
  }
  throw new BelayError('turn-overtaken');
}

const askedTurn = (
  spec: AgentSpec,
  address: RunAddress,
  turn: number,
  loaded: LoadedTurn,
  { request }: PreparedTurn,
): Omit<AskedTurn, 'shown'> => ({
  address,
  turn,
  chain: choicesOf(spec.models),
  position: loaded.run.modelPosition,
  purpose: 'turn',
  expected: (model) => expectedUsage(loaded, request, model),
});
