/** What can go wrong with a model, in one table, and the only error that a provider throws. */
import { failures, type FailureCode } from '../../contracts/failure.js';
import type { FallbackReason } from '../../contracts/model-choice.js';
import type { ModelBill } from './model.js';

export type ModelFailureCode = Extract<FailureCode, `model-${string}`> | 'run-cancelled';

/**
 * What is done about it. `transient` and `rate-limited` are tried again; `quota` waits for a person
 * and looks again rarely; the rest is not tried again.
 */
export type ModelFailureKind =
  | 'transient'
  | 'rate-limited'
  | 'quota'
  | 'context-too-long'
  | 'permanent'
  | 'cancelled';

interface ModelFailure {
  readonly kind: ModelFailureKind;
  /** The word by which a chain may name it; null where no other model is the answer. */
  readonly fallback: FallbackReason | null;
}

/** Every failure of a model call. Whether a retry can help stands in `contracts/failure.ts`. */
export const modelFailures = {
  'model-overloaded': { kind: 'transient', fallback: 'overloaded' },
  'model-unreachable': { kind: 'transient', fallback: 'unavailable' },
  'model-stalled': { kind: 'transient', fallback: 'unavailable' },
  'model-rate-limited': { kind: 'rate-limited', fallback: 'rate-limited' },
  'model-quota': { kind: 'quota', fallback: 'quota' },
  'model-context-too-long': { kind: 'context-too-long', fallback: 'context-too-long' },
  'model-refused': { kind: 'permanent', fallback: 'refused' },
  'model-rejected': { kind: 'permanent', fallback: 'rejected' },
  // Asked again at once, twice; then it is this model's way.
  'model-output-invalid': { kind: 'permanent', fallback: null },
  'run-cancelled': { kind: 'cancelled', fallback: null },
} as const satisfies Record<ModelFailureCode, ModelFailure>;

export interface ModelErrorDetails {
  readonly retryAfterMs?: number;
  readonly requestId?: string;
  /** What the lost answer used as far as it is known: it is billed all the same. */
  readonly lost?: ModelBill;
  readonly cause?: unknown;
}

/** A model call that gave no turn. Its message is a constant: foreign text stays in `cause`. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  constructor(
    readonly code: ModelFailureCode,
    readonly details: ModelErrorDetails = {},
  ) {
    super(failures[code].title, { cause: details.cause });
  }
  get kind(): ModelFailureKind {
    return modelFailures[this.code].kind;
  }
}
