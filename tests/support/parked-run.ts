/** Runs with an effect that only a person can settle, made by the store alone. */
import type { CallId, EffectKey, RunId } from '../../contracts/ids.js';
import { invariant } from '../../runtime/belay-error.js';
import { recordAttempt } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import { listEffects } from '../../store/effect-views.js';
import type { Database } from '../../store/database.js';
import { approveInRun } from './asked-run.js';
import { queueRun } from './queued-run.js';
import { terms } from './terms.js';

export interface ParkedRun {
  readonly runId: RunId;
  readonly callId: CallId;
  readonly address: { readonly tenantId: string; readonly runId: RunId };
  readonly key: EffectKey;
}

/** A run whose refund was approved and sent, and whose service keeps answering with a failure. */
export async function parkRun(database: Database): Promise<ParkedRun> {
  const runId = await queueRun(database);
  const address = { tenantId: 'default', runId };
  const { callId } = await approveInRun(database, runId);
  const started = await startCall(database, address, callId, terms);
  invariant(started.kind === 'started', 'an approved call starts');
  const learned = { kind: 'unknown', code: 'effect-failure-stored', retryInMs: 0 } as const;
  const recorded = await recordAttempt(database, address, callId, started.fence, learned);
  invariant(recorded.kind === 'parked', 'what is stored is parked');
  const [effect] = (await listEffects(database, address)) ?? [];
  invariant(effect !== undefined, 'the effect is in the ledger');
  return { runId, callId, address, key: effect.key };
}
