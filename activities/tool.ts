/** The port of a tool: what the model sees of it, what it does to the world, how it is carried out. */
import type { z } from 'zod';
import type { CallId, EffectKey, RunId } from '../contracts/ids.js';
import type { EffectClass } from '../contracts/effect.js';
import type { FailureCode } from '../contracts/failure.js';
import type { RetryPolicyName } from '../contracts/retry-policies.js';

export interface ToolContext {
  readonly tenantId: string;
  readonly runId: RunId;
  readonly callId: CallId;
  /** Null for reads. Everything else sends it along where the service takes a key. */
  readonly effectKey: EffectKey | null;
  /** One request's bound, in milliseconds: the `requestTimeoutMs` of the tool's retry policy. */
  readonly requestTimeoutMs: number;
  /**
   * To be asked right before an effect's client is called: false when too long has passed since the
   * dispatch was committed. Then nothing may be sent, and the outcome is `not-sent`.
   */
  isTimeToSend(): boolean;
  /** Aborted when the run is cancelled (reads only) or the attempt is over. */
  readonly signal: AbortSignal;
}

export type ToolOutcome =
  /** It happened. `result` is JSON and is what the model reads. */
  | { readonly kind: 'done'; readonly result: unknown; readonly externalRef: string | null }
  /** It certainly did not happen and never will: the model reads why. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It certainly did not happen; another attempt may do it. */
  | { readonly kind: 'not-sent'; readonly code: FailureCode; readonly retryAfterMs?: number }
  /** It may have happened: a timeout, a cut connection, an answer without meaning. */
  | { readonly kind: 'unknown'; readonly code: FailureCode };

export interface Tool<Args = unknown> {
  readonly name: string;
  /** What the model reads about it. */
  readonly description: string;
  readonly args: z.ZodType<Args>;
  readonly effect: EffectClass;
  readonly retryPolicy: RetryPolicyName;
  /** How long the service remembers our key, in milliseconds; only for `keyed`. */
  readonly keyRetentionMs: number | null;
  /** One line made of public fields only: shown in Temporal's Web UI, the console and logs of people. */
  summary(args: Args): string;
  run(args: Args, context: ToolContext): Promise<ToolOutcome>;
}
