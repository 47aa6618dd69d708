/** Calls that are not sent after all: what becomes of their effect and of the grant's use. */
import type { CallResult } from '../contracts/activities.js';
import { failures } from '../contracts/failure.js';
import { finishCall, type OpenCallRow } from './calls.js';
import { closeEffect, settleEffect } from './effect-moves.js';
import type { EffectRow } from './effects.js';
import { freeUse } from './grant-uses.js';
import type { RunTransaction } from './run-transaction.js';

/**
 * What is refused at its start certainly has not happened. No earlier attempt makes it happen from
 * here on: not after its end, and not while people are asked anew.
 */
export function endUnsent<Refusal extends { readonly kind: string }>(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow | undefined,
  refusal: Refusal,
): Refusal {
  if (refusal.kind === 'finished') {
    if (effect !== undefined) closeEffect(transaction, effect);
    freeUse(transaction, call);
  }
  if (refusal.kind === 'needs-approval' && effect?.state === 'dispatched') {
    settleEffect(transaction, effect, 'intended');
  }
  return refusal;
}

/** One key, other arguments: whatever brought it about, these are never sent. */
export function refuseConflict(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
): CallResult {
  if (closeEffect(transaction, effect) === 'parked') {
    return { kind: 'parked', effectKey: effect.key };
  }
  const { title } = failures['effect-key-conflict'];
  finishCall(transaction, call, 'failed', `Not made: ${title}.`, 'effect-key-conflict');
  freeUse(transaction, call);
  return { kind: 'finished' };
}
