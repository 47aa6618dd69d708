/** The models of an agent version as data: which are asked, in which order, and when the next one is. */

/** The providers that there is an adapter for, each a file in `activities/models/`. */
export const modelProviders = ['anthropic', 'openai-compatible'] as const;
export type ModelProviderName = (typeof modelProviders)[number];

/** How much work a model is to put into an answer. */
export const efforts = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
export type Effort = (typeof efforts)[number];

/** Why the next model of the chain may be asked instead. */
export const fallbackReasons = [
  'overloaded',
  'rate-limited',
  'unavailable',
  'quota',
  'refused',
  'context-too-long',
  'rejected',
] as const;
export type FallbackReason = (typeof fallbackReasons)[number];

/** One link of a chain. */
export interface ModelChoice {
  readonly provider: ModelProviderName;
  readonly model: string;
  readonly effort?: Effort;
  /** The cap of one answer, in tokens; `limits.outputTokensPerTurn` when absent. */
  readonly maxOutputTokens?: number;
  /** What makes the run go on with the next link, for good. Nothing when absent. */
  readonly fallbackOn?: readonly FallbackReason[];
}

/** A link as it is written. A name alone is a model of Anthropic's: so versions of old have it. */
export type ModelEntry = string | ModelChoice;

/** A chain. It has at least one link. */
export type ModelChain<Link = ModelChoice> = readonly [Link, ...Link[]];

/** The links of a chain, spelled out. */
export const choicesOf = ([first, ...rest]: ModelChain<ModelEntry>): ModelChain => [
  choiceOf(first),
  ...rest.map(choiceOf),
];

const choiceOf = (entry: ModelEntry): ModelChoice =>
  typeof entry === 'string' ? { provider: 'anthropic', model: entry } : entry;
