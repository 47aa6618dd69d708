/** The port of a model provider: one conversation in, one turn out, every failure a ModelError. */
import type { JsonSchema } from '../../contracts/agent.js';
import type { ContentBlock, ConversationMessage } from '../../contracts/conversation.js';
import type { Effort, ModelProviderName } from '../../contracts/model-choice.js';

/** A message of a request. */
export interface SentMessage extends ConversationMessage {
  /** Its content byte for byte as it was stored, for providers that speak these blocks. */
  readonly json?: string;
}

export interface ModelRequest {
  readonly provider: ModelProviderName;
  readonly model: string;
  readonly system: string;
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: JsonSchema;
  }[];
  /** Blocks of the Messages API, which are the canonical form; other providers project them. */
  readonly messages: readonly SentMessage[];
  readonly maxOutputTokens: number;
  readonly effort?: Effort;
  /** The model is shown its tools and may call none. */
  readonly forbidsCalls?: true;
  /** The same for every request of a run and told to the provider: opaque, no personal data. */
  readonly conversationId?: string;
}

/** How a turn ended. What is not in a provider's table is `unknown`: nobody guesses what it asks for. */
export type ModelStop =
  | 'final'
  | 'tools'
  | 'truncated'
  | 'paused'
  | 'refused'
  | 'context-full'
  | 'unknown';

/** What an answer used, in tokens. The whole prompt is input, cache reads and cache writes together. */
export interface ModelUsage {
  /** The part of the prompt that no cache had. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Those of `cacheWriteTokens` that are kept for an hour and not for five minutes. */
  readonly cacheWriteHourTokens?: number;
  /** Counted by us, because the provider did not say or the answer was lost. */
  readonly isEstimate?: true;
}

/** Who answered, and what it used: what a price is made of. */
export interface ModelBill {
  /** The model that answered, as the answer names it. */
  readonly model: string;
  /** Whose price list counts: a provider's id, or the address of an API. */
  readonly pricedBy: string;
  readonly usage: ModelUsage;
}

export interface ModelTurn extends ModelBill {
  /** Exactly as received, in order: it is stored and sent again verbatim. */
  readonly content: readonly ContentBlock[];
  /**
   * The same as JSON text, as near to what was received as the wire allows: it is stored and sent
   * again byte for byte. Absent where blocks are not what the provider speaks.
   */
  readonly contentJson?: string;
  readonly stop: ModelStop;
  readonly requestId: string | null;
  /** Why a refusal was one, as a word of the provider's; absent where it says none. */
  readonly refusalCategory?: string;
}

/** A piece of text as it comes. Provisional: a turn that fails takes its pieces back. */
export interface ModelDelta {
  /** The place of its block in the content of the turn. */
  readonly block: number;
  readonly text: string;
}

/** A piece of text as it comes. Provisional: a turn that fails takes its pieces back. */
export interface ModelDelta {
  /** The place of its block in the content of the turn. */
  readonly block: number;
  readonly text: string;
}

export interface ModelContext {
  /** Aborts the request: the run is cancelled or the worker stops. */
  readonly signal: AbortSignal;
  /** Told each piece of text, in order. Must not throw, and is not awaited. */
  readonly onDelta?: (delta: ModelDelta) => void;
}

export interface ModelProvider {
  /** Streams one answer to its end. Throws a `ModelError` and nothing else. */
  complete(request: ModelRequest, context: ModelContext): Promise<ModelTurn>;
}

/** What every provider is made with. */
export interface ProviderOptions {
  readonly apiKey: string;
  /** The API's own address when absent. */
  readonly baseUrl?: string;
  /** From the request to the response's headers, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** The longest silence within a stream, in milliseconds. */
  readonly idleTimeoutMs: number;
}
