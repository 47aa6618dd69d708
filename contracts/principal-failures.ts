/** The ways in which a change of a principal can fail; part of `contracts/failure.ts`. */
import { kind, type FailureKind } from './failure-kind.js';

export const principalFailures = {
  'principal-exists': kind(
    409,
    false,
    'There is a principal of this name',
    'Change that one (POST /v1/principals/:id/changes), or choose another name.',
  ),
  'principal-revoked': kind(
    409,
    false,
    'This principal is revoked, for good',
    'The answer names who did it and when. Make a new one under another name.',
  ),
  'api-key-revoked': kind(
    409,
    false,
    'This key is revoked already',
    'The answer names who did it and when.',
  ),
} as const satisfies Record<string, FailureKind>;
