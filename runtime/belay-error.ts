/** The one error that crosses our own borders: a code of the failure table and what a person should read. */
import { failures, type FailureCode } from '../contracts/failure.js';

export interface BelayErrorDetails {
  /** One sentence for this occurrence. It is shown to the caller, so it holds nothing secret. */
  readonly detail?: string;
  /** Fields that join the problem+json answer, such as `currentStatus` or `decidedBy`. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

export class BelayError extends Error {
  override readonly name = 'BelayError';
  constructor(
    readonly code: FailureCode,
    readonly details: BelayErrorDetails = {},
  ) {
    super(details.detail ?? failures[code].title, { cause: details.cause });
  }
}

/** Throws when something that our own code guarantees does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}
