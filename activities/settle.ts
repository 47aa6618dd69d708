/** Settling a call: what a person said of its effect is believed under a trusted signature. */
import type { CallResult } from '../contracts/activities.js';
import type { FailureCode } from '../contracts/failure.js';
import type { CallId } from '../contracts/ids.js';
import { settleCall } from '../store/call-settlement.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { ActivityDeps } from './deps.js';

/** Gives a call its outcome after its activity ended without one, or after a person's word. */
export const settle = (
  { database, verifier }: Pick<ActivityDeps, 'database' | 'verifier'>,
  address: RunAddress,
  callId: CallId,
  code: FailureCode,
): Promise<CallResult> =>
  settleCall(
    database,
    address,
    callId,
    code,
    (body, signed) => verifier.verify('resolution', body, signed) === 'valid',
  );
