/** The port of a model provider: one conversation in, one turn out, every failure a ModelError. */
import type { JsonSchema } from '../../contracts/agent.js';
import type { ContentBlock, ConversationMessage } from '../../contracts/conversation.js';
import { failures, type FailureCode } from '../../contracts/failure.js';

/** A message of a request. */
export interface SentMessage extends ConversationMessage {
  /** Its content byte for byte as it was stored, for providers that speak these blocks. */
  readonly json?: string;
}

export interface ModelRequest {
  readonly model: string;
  readonly system: string;
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: JsonSchema;
  }[];
  readonly messages: readonly SentMessage[];
  readonly maxOutputTokens: number;
  /** The model is shown its tools and may call none. */
  readonly forbidsCalls?: true;
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
  readonly content: readonly ContentBlock[];
  /**
   * The same as JSON text, as near to what was received as the wire allows: it is stored and sent
   * again byte for byte. Absent where blocks are not what the provider speaks.
   */
  readonly contentJson?: string;
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

export interface ModelContext {
  /** Aborts the request: the run is cancelled or the worker stops. */
  readonly signal: AbortSignal;
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
