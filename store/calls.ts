/** Calls: planned by a turn, finished once. A stored result wins over whatever comes later. */
import type { ApprovalId, CallId, Digest, EffectKey, GrantId, RunId } from '../contracts/ids.js';
import type { CallOutcome, CallState, CallView, RetryNote, Verdict } from '../contracts/call.js';
import type { EffectClass } from '../contracts/effect.js';
import type { FailureCode } from '../contracts/failure.js';
import type { RetryPolicyName } from '../contracts/retry-policies.js';
import { storableText } from '../runtime/text.js';
import { prepared, type Database } from './database.js';
import type { UseRow } from './grants.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

/** A call as the writers need it. */
export interface OpenCallRow {
  readonly id: CallId;
  readonly seq: number;
  readonly turn: number;
  readonly tool: string;
  readonly title: string;
  readonly argsDigest: Digest;
  readonly effect: EffectClass;
  readonly retryPolicy: RetryPolicyName;
  readonly verdict: Verdict;
  readonly state: CallState;
  readonly attempts: number;
  /** A digest of what makes two calls the same thing, and within what. */
  readonly businessKey: string | null;
  readonly businessScope: string | null;
  /** Why it waits for its next attempt, where it does. */
  readonly retryCode: string | null;
  /** People said yes to it. */
  readonly isApproved: boolean;
  /** The standing grant that it is made under. */
  readonly grantId: GrantId | null;
  /** The use of that grant that is reserved for it, or that it took; null where it was freed. */
  readonly use: UseRow | null;
}

const columns = `id, seq, turn, tool, title, args_digest AS "argsDigest", effect,
  retry_policy AS "retryPolicy", verdict, state, attempts, business_key AS "businessKey",
  business_scope AS "businessScope", retry->>'code' AS "retryCode", EXISTS (
    SELECT 1 FROM approval WHERE approval.tenant_id = call.tenant_id
      AND approval.call_id = call.id AND approval.status = 'approved') AS "isApproved",
  grant_id AS "grantId", CASE WHEN grant_id IS NOT NULL THEN (
    SELECT json_build_object('grantId', u.grant_id, 'effectKey', u.effect_key,
      'isDispatched', u.dispatched_at IS NOT NULL)
    FROM grant_use u WHERE u.tenant_id = call.tenant_id AND u.call_id = call.id
      AND u.freed_at IS NULL LIMIT 1) END AS use`;

/** The calls of a run that have no outcome yet, in order. */
export const openCallsSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT ${columns} FROM call
   WHERE tenant_id = $1 AND run_id = $2 AND state <> 'finished' ORDER BY seq`,
  tenantId,
  runId,
];

/** One call of the run, finished or not. */
export const callSql = ({ tenantId, runId }: RunAddress, callId: CallId): Sql => [
  `SELECT ${columns} FROM call WHERE tenant_id = $1 AND run_id = $2 AND id = $3`,
  tenantId,
  runId,
  callId,
];

/** Gives a call its outcome. `result` is what the model reads; JSON text when it succeeded. */
export function finishCall(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'tool'>,
  outcome: CallOutcome,
  result: string,
  reason: string | null,
): void {
  write(
    `UPDATE call SET state = 'finished', outcome = $3, result = $4, retry = NULL, finished_at = $5
     WHERE tenant_id = $1 AND id = $2 AND state <> 'finished'`,
    run.tenantId,
    call.id,
    outcome,
    storableText(result),
    now,
  );
  append({
    type: 'call-finished',
    key: `call-finished:${call.id}`,
    data: { callId: call.id, tool: call.tool, outcome, reason },
  });
}

/** Ends a call that will not be made any more because its run is cancelled or over. */
export function finishUnrun(
  transaction: RunTransaction,
  call: OpenCallRow,
  why: 'was cancelled' | 'had ended' = 'was cancelled',
): void {
  const made =
    call.attempts > 0 ? 'Not finished' : call.isApproved ? 'Approved, not run' : 'Not run';
  finishCall(transaction, call, 'cancelled', `${made}: the run ${why}.`, null);
}

/** Marks an attempt as begun. */
export function beginAttempt(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'tool' | 'attempts'>,
): void {
  const attempt = call.attempts + 1;
  write(
    `UPDATE call SET state = 'running', attempts = $3, retry = NULL,
       started_at = coalesce(started_at, $4) WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    call.id,
    attempt,
    now,
  );
  if (!isWorthTelling(attempt)) return;
  append({
    type: 'call-started',
    key: `call-started:${call.id}:${attempt}`,
    data: { callId: call.id, tool: call.tool, attempt },
  });
}

/** A service that is away for days must not fill the feed: all of the first attempts, then few. */
export const isWorthTelling = (attempt: number): boolean => attempt <= 10 || attempt % 50 === 0;

/** Says that an attempt failed and the next one starts after `delayMs`. */
export function noteRetry(
  { run, now, write, append }: RunTransaction,
  call: Pick<OpenCallRow, 'id' | 'attempts'>,
  code: FailureCode,
  delayMs: number,
): void {
  const until = new Date(Date.parse(now) + delayMs).toISOString();
  const retry: RetryNote = { code, attempt: call.attempts, since: now, until };
  write(
    'UPDATE call SET retry = $3::jsonb WHERE tenant_id = $1 AND id = $2',
    run.tenantId,
    call.id,
    JSON.stringify(retry),
  );
  if (!isWorthTelling(call.attempts)) return;
  append({
    type: 'call-retrying',
    key: `call-retrying:${call.id}:${call.attempts}`,
    data: { callId: call.id, attempt: call.attempts, code, until },
  });
}

/** A call as its activity needs it before it starts. */
export interface LoadedCall {
  readonly id: CallId;
  readonly turn: number;
  readonly seq: number;
  readonly tool: string;
  readonly args: unknown;
  readonly argsDigest: Digest;
  readonly effect: EffectClass;
  readonly finished: boolean;
  readonly agent: string;
  readonly agentVersion: Digest;
  readonly requestedBy: string;
  readonly spentMicrosUsd: number;
  readonly isTainted: boolean;
  /** Postgres's clock. */
  readonly at: string;
  readonly businessKey: string | null;
  /** The standing grant that it is made under. */
  readonly grantId: GrantId | null;
  /** Who changed its arguments, where people did. */
  readonly editedBy: string | null;
}

/** Loads a call with what its policy is judged by; null when the run has no such call. */
export async function loadCall(
  database: Database,
  { tenantId, runId }: RunAddress,
  callId: CallId,
): Promise<LoadedCall | null> {
  const { rows } = await database.pool.query<Omit<LoadedCall, 'args'> & { args: string }>(
    prepared(loadCallSql, [tenantId, runId, callId]),
  );
  const row = rows[0];
  return row === undefined ? null : { ...row, args: JSON.parse(row.args) as unknown };
}

const loadCallSql = `
  SELECT call.id, turn, seq, tool, args, args_digest AS "argsDigest", effect,
    state = 'finished' AS finished, agent,
    agent_version AS "agentVersion", requested_by AS "requestedBy",
    cost_micros_usd AS "spentMicrosUsd", tainted_at IS NOT NULL AS "isTainted",
    clock_timestamp() AS at, business_key AS "businessKey",
    grant_id AS "grantId",
    (SELECT decision.by FROM approval JOIN decision ON decision.tenant_id = approval.tenant_id
       AND decision.approval_id = approval.id
     WHERE approval.tenant_id = $1 AND approval.run_id = $2 AND approval.call_id = $3
       AND approval.status = 'approved' AND decision.decision = 'edit'
     ORDER BY decision.at DESC LIMIT 1) AS "editedBy"
  FROM call JOIN run ON run.tenant_id = call.tenant_id AND run.id = call.run_id
  WHERE call.tenant_id = $1 AND call.run_id = $2 AND call.id = $3`;

/** The calls of a run, in the order in which they were planned; null when there is no such run. */
export async function listCalls(
  database: Database,
  { tenantId, runId }: RunAddress,
): Promise<CallView[] | null> {
  const run = await database.prisma.run.findUnique({
    where: { tenantId_id: { tenantId, id: runId } },
    select: {
      calls: {
        orderBy: { seq: 'asc' },
        include: {
          effectRow: { select: { key: true } },
          approvals: { select: { id: true }, orderBy: { requestedAt: 'desc' }, take: 1 },
        },
      },
    },
  });
  if (run === null) return null;
  return run.calls.map((call) => ({
    id: call.id as CallId,
    runId: runId satisfies RunId,
    turn: call.turn,
    seq: call.seq,
    tool: call.tool,
    title: call.title,
    args: JSON.parse(call.args) as unknown,
    argsDigest: call.argsDigest as Digest,
    effect: call.effect as EffectClass,
    effectKey: (call.effectRow?.key ?? null) as EffectKey | null,
    undoes: call.undoes as EffectKey | null,
    approvalId: (call.approvals[0]?.id ?? null) as ApprovalId | null,
    verdict: call.verdict as Verdict,
    rule: call.rule,
    reason: call.reason,
    grantId: call.grantId as GrantId | null,
    state: call.state as CallState,
    outcome: call.outcome as CallOutcome | null,
    result: resultOf(call.outcome, call.result),
    attempts: call.attempts,
    retry: call.retry as unknown as RetryNote | null,
    plannedAt: call.plannedAt.toISOString(),
    startedAt: call.startedAt?.toISOString() ?? null,
    finishedAt: call.finishedAt?.toISOString() ?? null,
  }));
}

const resultOf = (outcome: string | null, result: string | null): unknown =>
  outcome === 'succeeded' && result !== null ? (JSON.parse(result) as unknown) : result;
