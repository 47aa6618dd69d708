/** Which model is asked next, and how: a pure function of the chain, the place in it, and what happened. */
import { largestAgentLimits } from '../../contracts/limits.js';
import type { FallbackReason, ModelChain, ModelChoice } from '../../contracts/model-choice.js';
import type { ModelTurn } from './model.js';
import { ModelError, modelFailures, type ModelFailureCode } from './model-error.js';

/** Where a turn stands with its models. */
export interface ChainPlace {
  /** The link that is asked, from 0. */
  readonly position: number;
  /** The attempt at this turn, from 1. */
  readonly attempt: number;
  /** How often this link was asked again for what it made of its answer. */
  readonly redos: number;
  /** The cap of the answer that was asked for, in tokens. */
  readonly maxOutputTokens: number;
}

export type ChainStep =
  /** The answer counts, whatever it says. */
  | { readonly kind: 'accept'; readonly turn: ModelTurn }
  /** The answer is of no use: ask the same model again. */
  | { readonly kind: 'redo'; readonly code: ModelFailureCode; readonly maxOutputTokens: number }
  /** Go on with the next model, for the rest of the run. */
  | { readonly kind: 'switch'; readonly code: ModelFailureCode; readonly position: number }
  | { readonly kind: 'fail'; readonly error: ModelError };

/** How often an answer that is cut or garbled is asked for again. */
export const redosPerTurn = 2;

/** What passes by itself is tried once more before the run leaves its model for good. */
const patience: ReadonlySet<FallbackReason> = new Set([
  'overloaded',
  'rate-limited',
  'unavailable',
]);

/** The link at a position; the last one, where the chain is shorter. */
export const choiceAt = (chain: ModelChain, position: number): ModelChoice =>
  chain[position] ?? chain.at(-1) ?? chain[0];

/** What follows from the outcome of asking the link at `place`. */
export function nextStep(
  chain: ModelChain,
  place: ChainPlace,
  outcome: ModelTurn | ModelError,
): ChainStep {
  const code = failureIn(outcome);
  if (code !== null && mayFallBack(chain, place, code)) {
    return { kind: 'switch', code, position: place.position + 1 };
  }
  const maxOutputTokens = capOfRedo(place, outcome);
  if (maxOutputTokens !== null && place.redos < redosPerTurn) {
    return { kind: 'redo', code: 'model-output-invalid', maxOutputTokens };
  }
  return outcome instanceof ModelError
    ? { kind: 'fail', error: outcome }
    : { kind: 'accept', turn: outcome };
}

/** The failure that an outcome amounts to; null for a turn that is none. */
function failureIn(outcome: ModelTurn | ModelError): ModelFailureCode | null {
  if (outcome instanceof ModelError) return outcome.code;
  if (outcome.stop === 'refused') return 'model-refused';
  return outcome.stop === 'context-full' ? 'model-context-too-long' : null;
}

function mayFallBack(chain: ModelChain, place: ChainPlace, code: ModelFailureCode): boolean {
  const reason = modelFailures[code].fallback;
  if (reason === null || place.position + 1 >= chain.length) return false;
  if (patience.has(reason) && place.attempt < 2) return false;
  return choiceAt(chain, place.position).fallbackOn?.includes(reason) === true;
}

/** The cap with which the answer is worth asking for again; null where it is not. */
function capOfRedo(
  { maxOutputTokens }: ChainPlace,
  outcome: ModelTurn | ModelError,
): number | null {
  if (outcome instanceof ModelError) {
    return outcome.code === 'model-output-invalid' ? maxOutputTokens : null;
  }
  const isCutCall =
    outcome.stop === 'truncated' && outcome.content.some(({ type }) => type === 'tool_use');
  const larger = Math.min(maxOutputTokens * 2, largestAgentLimits.outputTokensPerTurn);
  return isCutCall && larger > maxOutputTokens ? larger : null;
}
