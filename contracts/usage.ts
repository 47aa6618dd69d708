/** What model calls used and cost, turn by turn, with those that came to nothing. */
import type { RunId } from './ids.js';

/** What a model call is made for. */
export type AttemptPurpose = 'turn' | 'compaction';

/**
 * What became of a model call. `lost`: nobody heard its answer, as when its worker was killed;
 * `superseded`: another one was first.
 */
export type AttemptOutcome = 'open' | 'committed' | 'lost' | 'failed' | 'superseded';

/** Tokens of a model call. The whole prompt is input, cache reads and cache writes together. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
}

/** One model call of a run. */
export interface AttemptView {
  readonly attempt: number;
  readonly purpose: AttemptPurpose;
  readonly provider: string;
  readonly model: string;
  readonly outcome: AttemptOutcome;
  readonly failureCode: string | null;
  readonly requestId: string | null;
  readonly usage: TokenUsage;
  /** Null where the price is not known. */
  readonly costMicrosUsd: number | null;
  /** Whether usage and cost are what we reckon and not what the provider said. */
  readonly isEstimate: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** A turn on the wire. One that is not committed yet has attempts only. */
export interface TurnView {
  readonly runId: RunId;
  readonly turn: number;
  readonly model: string | null;
  readonly stop: string | null;
  /** Of the answer that was committed. */
  readonly usage: TokenUsage | null;
  /** Of all its model calls: the lost ones were paid for too. */
  readonly cost: { readonly microsUsd: number; readonly isEstimate: boolean };
  readonly committedAt: string | null;
  readonly attempts: readonly AttemptView[];
}
