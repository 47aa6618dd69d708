/** Settling a call from outside its activity: after a person's word, or when its activity is gone. */
import type { CallResult } from '../contracts/activities.js';
import { resolvedStates, type Resolution } from '../contracts/effect.js';
import { failures, type FailureCode } from '../contracts/failure.js';
import type { ApprovalId, CallId, EffectKey, RunId } from '../contracts/ids.js';
import type { EffectResolvedSignal } from '../contracts/signals.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { approvalOfCallSql, approvalSql, type ApprovalRow } from './approval-rows.js';
import { heldForMs, passGate, stillAsked } from './approvals.js';
import { callSql, finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { closeEffect, isOpen, takeResolution } from './effect-moves.js';
import { effectOfCallSql, type EffectRow } from './effects.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

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
 * Gives a call its outcome after its activity ended without one: a stored result wins; an effect
 * that may have happened is parked; otherwise the model reads an error result.
 */
export async function settleCall(
  database: Database,
  address: RunAddress,
  callId: CallId,
  code: FailureCode,
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
    if (call.state === 'finished') return { kind: 'finished' };
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
    return { kind: 'finished' };
  });
  invariant(result !== null, 'a call that is settled has a run');
  return result;
}

export interface NewResolution {
  readonly tenantId: string;
  readonly effectKey: EffectKey;
  readonly by: string;
  readonly outcome: Resolution;
  readonly externalRef: string | null;
  readonly message: string;
  readonly key: IdempotencyClaim | null;
}

/**
 * Records a person's answer about a parked effect: it ends the call, and the key is never
 * dispatched again. Throws `not-found` or `effect-not-parked`.
 */
export async function resolveEffect(
  database: Database,
  fresh: NewResolution,
): Promise<{ readonly replayed: boolean }> {
  const row = await database.prisma.effect.findUnique({
    where: { tenantId_key: { tenantId: fresh.tenantId, key: fresh.effectKey } },
    select: { runId: true, callId: true },
  });
  if (row === null) throw new BelayError('not-found');
  const address = { tenantId: fresh.tenantId, runId: row.runId as RunId };
  const callId = row.callId as CallId;
  const reads = [
    callSql(address, callId),
    effectOfCallSql(address, callId),
    ...keyReads(fresh.key),
  ];
  const replayed = await inRun(database, address, reads, (transaction, rows): boolean => {
    const [[call], [effect], kept] = rows as [OpenCallRow[], EffectRow[], KeptKeyRow[]];
    invariant(call !== undefined && effect !== undefined, 'an effect has its rows');
    if (isReplay(fresh.key, kept)) return true;
    if (effect.state !== 'parked') {
      throw notParked(effect);
    }
    keepKey(transaction, fresh.key);
    writeResolution(transaction, call, effect, fresh);
    return false;
  });
  return { replayed: replayed ?? false };
}

/** Names the one who was first, where someone was. */
function notParked({ state, resolution, resolvedBy, resolvedAt }: EffectRow): BelayError {
  const first =
    resolvedBy === null
      ? {}
      : { decidedBy: resolvedBy, decidedAt: resolvedAt, decision: resolution };
  return new BelayError('effect-not-parked', { extra: { currentStatus: state, ...first } });
}

function writeResolution(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  fresh: NewResolution,
): void {
  const { run, now, write, append } = transaction;
  write(
    `UPDATE effect SET state = $3, resolution = $4, resolved_by = $5, resolved_message = $6,
       external_ref = coalesce($7, external_ref), resolved_at = $8, updated_at = $8
     WHERE tenant_id = $1 AND key = $2 AND state = 'parked'`,
    run.tenantId,
    effect.key,
    resolvedStates[fresh.outcome],
    fresh.outcome,
    fresh.by,
    fresh.message,
    fresh.externalRef,
    now,
  );
  const { key, callId } = effect;
  const { outcome, by, message } = fresh;
  append({
    type: 'effect-resolved',
    key: `effect-resolved:${key}`,
    data: { key, callId, outcome, by, message },
  });
  if (call.state === 'finished') return;
  tellModel(transaction, call, fresh);
  write(
    `INSERT INTO outbox (tenant_id, run_id, kind, subject, payload)
     VALUES ($1, $2, 'effectResolved', $3, $4::jsonb)`,
    run.tenantId,
    run.id,
    key,
    JSON.stringify({ effectKey: key, callId } satisfies EffectResolvedSignal),
  );
}

function tellModel(transaction: RunTransaction, call: OpenCallRow, fresh: NewResolution): void {
  const { outcome, by, message, externalRef } = fresh;
  switch (outcome) {
    case 'happened': {
      const result = { confirmedBy: by, message, externalRef };
      return finishCall(transaction, call, 'succeeded', JSON.stringify(result), message);
    }
    case 'absent':
      return finishCall(transaction, call, 'failed', `Not made: ${by} found: ${message}`, message);
    case 'compensated': {
      const text = `Made and then undone by ${by}: ${message}`;
      return finishCall(transaction, call, 'failed', text, message);
    }
  }
}
