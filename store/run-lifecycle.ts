/** How a run begins, is asked to stop, and ends. */
import type { Digest, RunId } from '../contracts/ids.js';
import { failures, type FailureCode } from '../contracts/failure.js';
import { canDo, type FinalStatus, type RunFailure } from '../contracts/run.js';
import { finalEvents } from '../contracts/event.js';
import type { EffectState } from '../contracts/effect.js';
import { BelayError } from '../runtime/belay-error.js';
import { storableJson } from '../runtime/text.js';
import { pendingApprovalsSql, type PendingApprovalRow } from './approval-rows.js';
import { cancelApprovals } from './approvals.js';
import { finishUnrun, openCallsSql, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { closeEffect } from './effect-moves.js';
import { openEffectsSql, type EffectRow } from './effects.js';
import { freeUses } from './grant-uses.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { answerSql, outputOf, type MessageRow } from './run-output.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';
import { giveUpAttempts } from './turn-attempts.js';

export type Opening =
  | {
      readonly kind: 'opened';
      readonly agent: string;
      readonly agentVersion: Digest;
      readonly unwinds: RunId | null;
      readonly requestedBy: string;
    }
  | { readonly kind: 'over'; readonly status: FinalStatus }
  | { readonly kind: 'refused' };

/**
 * Binds the engine's first run id to the row, once. Another one is refused, so a workflow that was
 * started beside the gateway does nothing. A run that was cancelled meanwhile ends here.
 */
export async function openRun(
  database: Database,
  address: RunAddress,
  engineRunId: string,
): Promise<Opening> {
  const opening = await inRun(database, address, [], ({ run, now, write, append }): Opening => {
    if (run.ended !== null) return { kind: 'over', status: run.ended };
    if (run.firstRunId !== null && run.firstRunId !== engineRunId) return { kind: 'refused' };
    if (run.firstRunId === null) {
      write(
        'UPDATE run SET first_run_id = $3, started_at = $4 WHERE tenant_id = $1 AND id = $2',
        run.tenantId,
        run.id,
        engineRunId,
        now,
      );
      append({ type: 'run-started', key: 'run-started', data: { firstRunId: engineRunId } });
    }
    const { agent, agentVersion, unwinds, requestedBy } = run;
    return { kind: 'opened', agent, agentVersion, unwinds, requestedBy };
  });
  return opening ?? { kind: 'refused' };
}

/** Who asked to stop a run: a person through the gateway, or someone through the engine itself. */
export interface CancelRequest {
  readonly by: string;
  readonly reason: string | null;
}

/**
 * Asks a run to stop: no question stays open, nothing new is dispatched from here on (P4), and the
 * engine is told through the outbox. A start that never arrived is withdrawn and the run ends at
 * once; should it arrive after all, `openRun` tells its workflow that the run is over.
 * A second request changes nothing. Throws `run-finished` for a run that has ended.
 */
export async function requestCancel(
  database: Database,
  address: RunAddress,
  request: CancelRequest,
  key: IdempotencyClaim | null,
): Promise<{ readonly replayed: boolean }> {
  const reads = [
    pendingApprovalsSql(address),
    openCallsSql(address),
    startSql(address),
    ...keyReads(key),
  ];
  const outcome = await inRun(database, address, reads, (transaction, rows) => {
    const { run } = transaction;
    const [approvals, calls, starts, kept] = rows as [
      PendingApprovalRow[],
      OpenCallRow[],
      StartRow[],
      KeptKeyRow[],
    ];
    if (isReplay(key, kept)) return { finished: null, replayed: true };
    if (!canDo('cancel', run.status)) return { finished: run.status, replayed: false };
    keepKey(transaction, key);
    recordCancel(transaction, request, approvals, calls);
    if (run.startedAt === null && starts.some((start) => start.withdrawable)) {
      transaction.write(withdrawStartSql, run.tenantId, run.id);
      endRun(transaction, 'cancelled', cancelFailure(request, []), null);
      return { finished: null, replayed: false };
    }
    transaction.writeAny(cancelOutboxSql, run.tenantId, run.id);
    return { finished: null, replayed: false };
  });
  if (outcome === null) throw new BelayError('not-found');
  if (outcome.finished !== null) {
    throw new BelayError('run-finished', { extra: { currentStatus: outcome.finished } });
  }
  return { replayed: outcome.replayed };
}

/** Records a cancellation that the engine was given directly: the same rows, without an outbox. */
export async function recordEngineCancel(database: Database, address: RunAddress): Promise<void> {
  const reads = [pendingApprovalsSql(address), openCallsSql(address)];
  await inRun(database, address, reads, (transaction, rows) => {
    if (transaction.run.ended !== null) return;
    const [approvals, calls] = rows as [PendingApprovalRow[], OpenCallRow[]];
    recordCancel(transaction, { by: 'temporal', reason: null }, approvals, calls);
  });
}

/** How a run ends. `message` says more than the code's title does. */
export interface RunEnd {
  readonly status: FinalStatus;
  readonly code: FailureCode | null;
  readonly message?: string;
}

/**
 * Writes the end of a run once: its output or failure, and its final event. Says whether it did;
 * repeats change nothing.
 */
export async function closeRun(
  database: Database,
  address: RunAddress,
  end: RunEnd,
): Promise<boolean> {
  const reads = [
    openCallsSql(address),
    effectsSql(address),
    openEffectsSql(address),
    answerSql(address),
    pendingApprovalsSql(address),
  ];
  const closed = await inRun(database, address, reads, (transaction, rows) => {
    const { run } = transaction;
    if (run.ended !== null) return false;
    const [calls, effects, open, messages, approvals] = rows as [
      OpenCallRow[],
      KnownEffectRow[],
      EffectRow[],
      MessageRow[],
      PendingApprovalRow[],
    ];
    giveUpAttempts(transaction, null, null);
    cancelApprovals(transaction, approvals);
    const parked = open.filter((effect) => closeEffect(transaction, effect) === 'parked');
    const mayHaveHappened = new Set(parked.map(({ callId }) => callId));
    freeUses(
      transaction,
      calls.filter(({ id, state }) => state !== 'parked' && !mayHaveHappened.has(id)),
    );
    for (const call of calls) {
      finishUnrun(transaction, call, end.status === 'cancelled' ? 'was cancelled' : 'had ended');
    }
    const request = { by: run.cancelRequestedBy ?? 'temporal', reason: run.cancelReason };
    if (end.status === 'completed') endRun(transaction, 'completed', null, outputOf(messages));
    else if (end.status === 'cancelled') {
      endRun(transaction, 'cancelled', cancelFailure(request, effects), null);
    } else {
      const failure = failureOf(end.code ?? 'internal');
      endRun(transaction, 'failed', { ...failure, message: end.message ?? failure.message }, null);
    }
    // What was still to be said to the workflow has nobody to hear it.
    transaction.writeAny(closeOutboxSql, run.tenantId, run.id);
    return true;
  });
  return closed === true;
}

function recordCancel(
  transaction: RunTransaction,
  request: CancelRequest,
  approvals: readonly PendingApprovalRow[],
  calls: readonly OpenCallRow[],
): void {
  const { run, now, write, append } = transaction;
  if (run.cancelRequestedAt !== null) return;
  write(
    `UPDATE run SET cancel_requested_at = $3, cancel_requested_by = $4, cancel_reason = $5
     WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    run.id,
    now,
    request.by,
    request.reason,
  );
  append({ type: 'cancel-requested', key: 'cancel-requested', data: { ...request } });
  cancelApprovals(transaction, approvals);
  for (const call of calls) {
    if (call.state !== 'asking') continue;
    finishUnrun(transaction, call);
  }
}

function endRun(
  { run, now, write, append }: RunTransaction,
  status: FinalStatus,
  failure: RunFailure | null,
  output: unknown,
): void {
  write(
    `UPDATE run SET ended = $3, status = $3, failure = $4::jsonb, output = $5, turn_retry = NULL,
       finished_at = $6 WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    run.id,
    status,
    failure === null ? null : storableJson(failure),
    output === null ? null : storableJson(output),
    now,
  );
  const key = finalEvents[status];
  if (status === 'completed') append({ type: 'run-completed', key, data: { output } });
  else if (status === 'failed') {
    const { code, message } = failure ?? failureOf('internal');
    append({ type: 'run-failed', key, data: { code, message } });
  } else {
    const message = failure?.message ?? failures['run-cancelled'].title;
    append({ type: 'run-cancelled', key, data: { message, reason: run.cancelReason } });
  }
}

function failureOf(code: FailureCode): RunFailure {
  const { title, hint, retryable } = failures[code];
  return { code, message: title, hint, retryable };
}

/** Says what had already happened: a cancelled run is not an undone one. */
function cancelFailure(request: CancelRequest, effects: readonly KnownEffectRow[]): RunFailure {
  const never = new Set<EffectState>(['intended', 'failed', 'absent']);
  const happened = effects.filter((effect) => !never.has(effect.state));
  const told = happened.map(({ tool, state, externalRef }) => {
    const known = state === 'dispatched' || state === 'unknown' ? 'parked' : state;
    return `${tool} is ${known}${externalRef === null ? '' : ` (${externalRef})`}`;
  });
  const before =
    told.length === 0 ? 'Nothing had been changed outside.' : `Before that: ${told.join(', ')}.`;
  const why = request.reason === null ? '' : ` because: ${request.reason}`;
  return {
    ...failureOf('run-cancelled'),
    message: `Cancelled by ${request.by}${why}. ${before}`,
  };
}

interface StartRow {
  readonly withdrawable: boolean;
}
interface KnownEffectRow {
  readonly tool: string;
  readonly state: EffectState;
  readonly externalRef: string | null;
}
const startSql = ({ tenantId, runId }: { tenantId: string; runId: RunId }) =>
  [
    `SELECT delivered_at IS NULL AS withdrawable FROM outbox
     WHERE tenant_id = $1 AND run_id = $2 AND kind = 'start'`,
    tenantId,
    runId,
  ] as const;
const withdrawStartSql = `
  DELETE FROM outbox WHERE tenant_id = $1 AND run_id = $2 AND kind = 'start'`;
const cancelOutboxSql = `
  INSERT INTO outbox (tenant_id, run_id, kind, payload) VALUES ($1, $2, 'cancel', '{}')
  ON CONFLICT DO NOTHING`;
const closeOutboxSql = `
  UPDATE outbox SET state = 'done', claim_token = NULL
  WHERE tenant_id = $1 AND run_id = $2 AND state <> 'done'`;
const effectsSql = ({ tenantId, runId }: RunAddress) =>
  [
    `SELECT tool, state, external_ref AS "externalRef"
     FROM effect WHERE tenant_id = $1 AND run_id = $2 ORDER BY key`,
    tenantId,
    runId,
  ] as const;
