/** Settling a call from outside its activity: after a person's word, or when its activity is gone. */
import type { CallResult } from '../contracts/activities.js';
import { failures, type FailureCode } from '../contracts/failure.js';
import type { ApprovalId, CallId } from '../contracts/ids.js';
import { invariant } from '../runtime/belay-error.js';
import { approvalOfCallSql, approvalSql, type ApprovalRow } from './approval-rows.js';
import { heldForMs, passGate, stillAsked } from './approvals.js';
import { callSql, finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { closeEffect, isOpen, takeResolution } from './effect-moves.js';
import { effectOfCallSql, type EffectRow } from './effects.js';
import { refuseForgedWord, type IsSigned } from './resolutions.js';
import { freeUse } from './grant-uses.js';
import { inRun, type RunAddress } from './run-transaction.js';

/** Reads what became of a question and closes it when it has expired by Postgres's clock (P5, P9). */
export async function settleApproval(
  database: Database,
  address: RunAddress,
  callId: CallId,
  approvalId: ApprovalId,
): Promise<CallResult> {
  const reads = [callSql(address, callId), approvalSql(address, approvalId)];
  const result = await inRun(database, address, reads, (transaction, rows): CallResult => {
    const [[call], [approval]] = rows as [OpenCallRow[], ApprovalRow[]];
    invariant(call !== undefined && approval !== undefined, 'an asked call has its rows');
    if (call.state === 'finished') return { kind: 'finished' };
    if (approval.status === 'approved' && heldForMs(approval, transaction.now) === 0) {
      return { kind: 'approved' };
    }
    const gate = passGate(transaction, call, approval);
    return gate.kind === 'undecided' ? gate : { kind: 'finished' };
  });
  invariant(result !== null, 'an asked call has a run');
  return result;
}

/**
 * Gives a call its outcome after its activity ended without one: a stored result wins, where it is a
 * person's word only under a signature; an effect that may have happened is parked; otherwise the
 * model reads an error result.
 */
export async function settleCall(
  database: Database,
  address: RunAddress,
  callId: CallId,
  code: FailureCode,
  isSigned: IsSigned,
): Promise<CallResult> {
  const reads = [
    callSql(address, callId),
    effectOfCallSql(address, callId),
    approvalOfCallSql(address, callId),
  ];
  const result = await inRun(database, address, reads, (transaction, rows): CallResult => {
    const [[call], [effect], [approval]] = rows as [OpenCallRow[], EffectRow[], ApprovalRow[]];
    invariant(call !== undefined, 'a call that is settled has a row');
    takeResolution(transaction, effect);
    if (call.state === 'finished') {
      if (effect !== undefined) refuseForgedWord(transaction, call, effect, isSigned);
      return { kind: 'finished' };
    }
    if (effect?.state === 'parked') return { kind: 'parked', effectKey: effect.key };
    if (effect !== undefined && isOpen(effect) && closeEffect(transaction, effect) === 'parked') {
      return { kind: 'parked', effectKey: effect.key };
    }
    if (approval !== undefined) {
      const gate = passGate(transaction, call, approval);
      if (gate.kind === 'undecided') return stillAsked(approval, gate.remainingMs);
      if (gate.kind === 'closed') return { kind: 'finished' };
    }
    const outcome = code === 'tool-unavailable' ? 'unavailable' : 'failed';
    finishCall(transaction, call, outcome, `Not made: ${failures[code].title}.`, code);
    freeUse(transaction, call);
    return { kind: 'finished' };
  });
  invariant(result !== null, 'a call that is settled has a run');
  return result;
}
