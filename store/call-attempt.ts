/** One attempt at a call: allowed to start, then recorded with what it learned. */
import type { Question } from '../contracts/approval.js';
import type { CallResult } from '../contracts/activities.js';
import type { Verdict } from '../contracts/call.js';
import type { FailureCode } from '../contracts/failure.js';
import type { CallId, EffectKey } from '../contracts/ids.js';
import { invariant } from '../runtime/belay-error.js';
import {
  approvalOfCallSql,
  askApproval,
  passGate,
  stillAsked,
  type ApprovalRow,
} from './approvals.js';
import {
  beginAttempt,
  callSql,
  finishCall,
  finishUnrun,
  noteRetry,
  type OpenCallRow,
} from './calls.js';
import type { Database } from './database.js';
import {
  dispatchEffect,
  effectOfCallSql,
  isUncertainBefore,
  parkEffect,
  settleEffect,
  type EffectRow,
} from './effects.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

/** What the pinned policy says of the call now, and what its tool declares. */
export interface AttemptTerms {
  readonly verdict: Verdict;
  readonly question: Question;
  readonly keyRetentionMs: number | null;
  readonly requestTimeoutMs: number;
}

export type Start =
  | CallResult
  /** Go: `effectKey` and `fence` are null for reads. */
  | {
      readonly kind: 'started';
      readonly attempt: number;
      readonly effectKey: EffectKey | null;
      readonly fence: number | null;
    }
  /** Another attempt may be sending: look again after `waitMs`. */
  | { readonly kind: 'in-flight'; readonly waitMs: number };

/**
 * Lets an attempt start, or says why not, in one transaction: a stored result wins; a cancelled run
 * starts nothing new; an asked call starts only on its decision; an effect is dispatched (P3, P4).
 */
export async function startCall(
  database: Database,
  address: RunAddress,
  callId: CallId,
  terms: AttemptTerms,
): Promise<Start> {
  const reads = [
    callSql(address, callId),
    approvalOfCallSql(address, callId),
    effectOfCallSql(address, callId),
  ];
  const start = await inRun(database, address, reads, (transaction, rows): Start => {
    const [[call], [approval], [effect]] = rows as [OpenCallRow[], ApprovalRow[], EffectRow[]];
    invariant(call !== undefined, 'a call that is started has a row');
    if (call.state === 'finished') return { kind: 'finished' };
    if (effect === undefined || effect.state === 'intended') {
      const refusal = refuseStart(transaction, call, approval, terms);
      if (refusal !== null) return refusal;
    }
    if (call.effect === 'read') {
      beginAttempt(transaction, call);
      return { kind: 'started', attempt: call.attempts + 1, effectKey: null, fence: null };
    }
    const dispatch = dispatchEffect(transaction, call, effect, terms);
    if (dispatch.kind === 'parked') return { kind: 'parked', effectKey: dispatch.key };
    if (dispatch.kind === 'in-flight') return dispatch;
    beginAttempt(transaction, call);
    const { key: effectKey, fence } = dispatch;
    return { kind: 'started', attempt: call.attempts + 1, effectKey, fence };
  });
  invariant(start !== null, 'a call that is started has a run');
  return start;
}

/** What stands before a first dispatch. A repeat of what was dispatched passes no gate again. */
function refuseStart(
  transaction: RunTransaction,
  call: OpenCallRow,
  approval: ApprovalRow | undefined,
  terms: AttemptTerms,
): CallResult | null {
  const { run } = transaction;
  if (run.cancelRequestedAt !== null || run.ended !== null) {
    finishUnrun(transaction, call);
    return { kind: 'finished' };
  }
  if (terms.verdict === 'deny') {
    finishCall(transaction, call, 'denied', `Not made: ${terms.question.reason}`, null);
    return { kind: 'finished' };
  }
  if (call.verdict !== 'ask' && terms.verdict !== 'ask') return null;
  if (approval === undefined) {
    transaction.write(
      `UPDATE call SET state = 'asking', verdict = 'ask' WHERE tenant_id = $1 AND id = $2`,
      run.tenantId,
      call.id,
    );
    return { kind: 'needs-approval', approval: askApproval(transaction, call, terms.question) };
  }
  const gate = passGate(transaction, call, approval);
  if (gate.kind === 'open') return null;
  if (gate.kind === 'closed') return { kind: 'finished' };
  return stillAsked(approval, gate.remainingMs);
}

/** What an attempt learned. `fence` is the one it was started with; null for reads. */
export type Learned =
  | { readonly kind: 'done'; readonly result: string; readonly externalRef: string | null }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'not-sent'; readonly code: FailureCode; readonly retryInMs: number }
  | { readonly kind: 'unknown'; readonly code: FailureCode; readonly retryInMs: number };

export type Recorded =
  | CallResult
  /** The attempt failed and another one follows after the delay it asked for. */
  | { readonly kind: 'retry' }
  /** A later attempt has taken over: what this one learned is not written. */
  | { readonly kind: 'superseded' };

/** Records what an attempt learned, in one transaction with the call's outcome and its events. */
export async function recordAttempt(
  database: Database,
  address: RunAddress,
  callId: CallId,
  fence: number | null,
  learned: Learned,
): Promise<Recorded> {
  const reads = [callSql(address, callId), effectOfCallSql(address, callId)];
  const recorded = await inRun(database, address, reads, (transaction, rows): Recorded => {
    const [[call], [effect]] = rows as [OpenCallRow[], EffectRow[]];
    invariant(call !== undefined, 'a call that was started has a row');
    if (call.state === 'finished') return { kind: 'finished' };
    if (effect === undefined) return recordRead(transaction, call, learned);
    if (effect.state === 'parked') return { kind: 'parked', effectKey: effect.key };
    if (effect.fence !== fence || effect.state !== 'dispatched') return { kind: 'superseded' };
    return recordEffect(transaction, call, effect, learned);
  });
  invariant(recorded !== null, 'a call that was started has a run');
  return recorded;
}

function recordRead(transaction: RunTransaction, call: OpenCallRow, learned: Learned): Recorded {
  switch (learned.kind) {
    case 'done':
      finishCall(transaction, call, 'succeeded', learned.result, null);
      return { kind: 'finished' };
    case 'refused':
      finishCall(transaction, call, 'failed', learned.message, null);
      return { kind: 'finished' };
    case 'not-sent':
    case 'unknown':
      noteRetry(transaction, call, learned.code, learned.retryInMs);
      return { kind: 'retry' };
  }
}

function recordEffect(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  learned: Learned,
): Recorded {
  switch (learned.kind) {
    case 'done':
      settleEffect(transaction, effect, 'confirmed', { externalRef: learned.externalRef });
      finishCall(transaction, call, 'succeeded', learned.result, null);
      return { kind: 'finished' };
    case 'refused':
      // A refusal now says nothing about an earlier dispatch whose answer was lost.
      if (isUncertainBefore(effect)) return park(transaction, effect, 'effect-outcome-unknown');
      settleEffect(transaction, effect, 'failed', { code: 'tool-refused' });
      finishCall(transaction, call, 'failed', learned.message, null);
      return { kind: 'finished' };
    case 'not-sent':
      if (isUncertainBefore(effect) && effect.class !== 'keyed') {
        return park(transaction, effect, learned.code);
      }
      settleEffect(transaction, effect, isUncertainBefore(effect) ? 'unknown' : 'intended', {
        code: learned.code,
      });
      noteRetry(transaction, call, learned.code, learned.retryInMs);
      return { kind: 'retry' };
    case 'unknown':
      // Asking again would teach nothing: no key, or the service keeps answering with a failure.
      if (effect.class !== 'keyed' || learned.code === 'effect-outcome-unknown') {
        return park(transaction, effect, learned.code);
      }
      settleEffect(transaction, effect, 'unknown', { code: learned.code });
      noteRetry(transaction, call, learned.code, learned.retryInMs);
      return { kind: 'retry' };
  }
}

function park(transaction: RunTransaction, effect: EffectRow, code: FailureCode): Recorded {
  parkEffect(transaction, effect, code);
  return { kind: 'parked', effectKey: effect.key };
}
