/** The port of a model provider: one conversation in, one turn out, every failure a ModelError. */
import type { JsonSchema } from '../../contracts/agent.js';
import type { ContentBlock, ConversationMessage } from '../../contracts/conversation.js';
import { failures, type FailureCode } from '../../contracts/failure.js';

export interface ModelRequest {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: JsonSchema;
  }[];
  readonly messages: readonly ConversationMessage[];
  readonly maxOutputTokens: number;
  /** The same for every request of a run and told to the provider: opaque, no personal data. */
  readonly conversationId?: string;
}

/** How a turn ended. Everything but `final` and `tools` stops the run with a reason. */
export type ModelStop =
  | 'final'
  | 'tools'
  | 'truncated'
  | 'paused'
  | 'refused'
  | 'context-full'
  | 'unknown';

export interface ModelTurn {
  /** Exactly as received, in order: it is stored and sent again verbatim. */
  readonly content: readonly ContentBlock[];
  readonly stop: ModelStop;
  /** The model that answered, as the answer names it. */
  readonly model: string;
  readonly requestId: string | null;
  readonly usage: {
    readonly inputTokens: number;
    readonly outputTokens: number;
    readonly cacheReadTokens: number;
    readonly cacheWriteTokens: number;
  };
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
  /** Streams one answer to its end. Throws a {@link ModelError} and nothing else. */
  complete(request: ModelRequest, context: ModelContext): Promise<ModelTurn>;
}

export type ModelFailureCode = Extract<FailureCode, `model-${string}`> | 'run-cancelled';

/** A model call that gave no turn. Its message is a constant: foreign text stays in `cause`. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  constructor(
    readonly code: ModelFailureCode,
    readonly details: {
      readonly retryAfterMs?: number;
      readonly requestId?: string;
      readonly cause?: unknown;
    } = {},
  ) {
    super(failures[code].title, { cause: details.cause });
  }
  get retryable(): boolean {
    return failures[this.code].retryable;
  }
}
