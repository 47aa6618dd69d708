/** What arrived of an answer so far: what a lost one is billed by, and whether its inputs are whole. */
import { isJson } from './content-json.js';
import type { ModelBill, ModelUsage } from './model.js';

/** About how many characters of JSON or prose make one token. */
const charactersPerToken = 4;

/**
 * A broken-off answer is reckoned to be longer than what came of it by about one piece of a stream:
 * what was on its way is billed too.
 */
const tokensOnTheWay = 8;

/** Tokens, counted by length. */
export const estimateTokens = (characters: number): number =>
  Math.ceil(characters / charactersPerToken);

export interface Received {
  /** The answer has begun, so its prompt is billed. */
  start(model: string, usage: Partial<ModelUsage>): void;
  /** The provider's own count so far stands above ours. */
  countOutput(outputTokens: number): void;
  /** Characters of the answer came. */
  add(characters: number): void;
  /** A piece of a tool's input came, as JSON. */
  addInput(block: number, json: string): void;
  /** The JSON of each input so far, by the index of its block. */
  readonly inputs: ReadonlyMap<number, string>;
  /** Whether every input that came is JSON: clients close one that was cut in silence. */
  hasWholeInputs(): boolean;
  /** What a whole answer used, estimated where it was not said; undefined before it began. */
  usage(): ModelUsage | undefined;
  /** What one that broke off is reckoned to be billed; undefined before it began. */
  bill(): ModelBill | undefined;
}

/** Follows one answer. `pricedBy` as in {@link ModelBill}. */
export function createReceived(pricedBy: string): Received {
  let started: { readonly model: string; readonly usage: Partial<ModelUsage> } | null = null;
  let characters = 0;
  let saidTokens = 0;
  const inputs = new Map<number, string>();
  const usageWith = (tokensMore: number): ModelUsage | undefined => {
    if (started === null) return undefined;
    return {
      inputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      ...started.usage,
      outputTokens: Math.max(1, saidTokens, estimateTokens(characters) + tokensMore),
      isEstimate: true,
    };
  };
  return {
    start(model, usage) {
      started = { model, usage };
    },
    countOutput(outputTokens) {
      saidTokens = Math.max(saidTokens, outputTokens);
    },
    add(more) {
      characters += more;
    },
    addInput(block, json) {
      characters += json.length;
      inputs.set(block, (inputs.get(block) ?? '') + json);
    },
    inputs,
    hasWholeInputs: () => [...inputs.values()].every((json) => json === '' || isJson(json)),
    usage: () => usageWith(0),
    bill() {
      // Where the provider has counted, the answer was whole.
      const usage = usageWith(saidTokens > 0 ? 0 : tokensOnTheWay);
      if (started === null || usage === undefined) return undefined;
      return { model: started.model, pricedBy, usage };
    },
  };
}
