/** What became of a request that gave no turn, whichever provider it went to. */
import { ModelError, type ModelFailureCode } from './model-error.js';
import type { OpenRequest } from './open-request.js';
import type { Received } from './received.js';

/** What a provider's error says, read by that provider's own table. */
export interface ErrorFacts {
  readonly code: ModelFailureCode;
  readonly retryAfterMs?: number;
  readonly requestId?: string;
}

/** What we did ourselves comes before what was thrown because of it. */
const ourDoing = {
  cancelled: 'run-cancelled',
  stalled: 'model-stalled',
  'timed-out': 'model-unreachable',
} as const;

/** The ModelError for anything thrown while a request was under way, with what was lost. */
export function toModelError(
  error: unknown,
  request: OpenRequest,
  received: Received,
  read: (error: unknown) => ErrorFacts,
): ModelError {
  const lost = received.bill();
  const details = { cause: error, ...(lost === undefined ? {} : { lost }) };
  const brokenOff = request.brokenOff();
  if (brokenOff !== null) return new ModelError(ourDoing[brokenOff], details);
  if (error instanceof ModelError) {
    return new ModelError(error.code, { ...error.details, ...details });
  }
  const { code, ...said } = read(error);
  return new ModelError(code, { ...said, ...details });
}
