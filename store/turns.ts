/** Turns: what one starts from, what a committed one says, and the note of one that is tried again. */
import type { AskedApproval, PlannedCall, TakeTurnResult } from '../contracts/activities.js';
import type { ApprovalStatus } from '../contracts/approval.js';
import type { RetryNote } from '../contracts/call.js';
import type { FailureCode } from '../contracts/failure.js';
import { unfinishedTurnsInARow } from '../contracts/limits.js';
import type { Database } from './database.js';
import { isWorthTelling } from './calls.js';
import { readTogether } from './pipeline.js';
import { rfc3339 } from './rfc3339.js';
import type { DoneCall } from './epochs.js';
import { inRun, type LockedRun, type RunAddress, type Sql } from './run-transaction.js';
import { readTranscript, transcriptSql, type LinkedRow, type Transcript } from './transcript.js';

/** What the turn before used. */
export interface LastUsage {
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** The one that answered, by the name that it gave itself. */
  readonly model: string;
  /** Whether its prompt is likely to be in the provider's cache still. */
  readonly isWarm: boolean;
}

/** What a turn starts from. */
export interface LoadedTurn {
  /** The envelope of this very turn when it was committed before. */
  readonly committed: TakeTurnResult | null;
  readonly run: Pick<LockedRun, 'agent' | 'agentVersion' | 'requestedBy' | 'unwinds'> & {
    readonly cancelled: boolean;
    readonly input: string;
    readonly spentMicrosUsd: number;
    readonly isTainted: boolean;
    /** The link of the model chain that is asked. */
    readonly modelPosition: number;
    /** It says that this turn is waited for. */
    readonly isRetryNoted: boolean;
    /** How the latest turns before this one ended, the newest first. */
    readonly lastStops: readonly string[];
    /** Postgres's clock. */
    readonly at: string;
  };
  readonly transcript: Transcript;
  /** What the turn before was counted to have used; null where no model was asked. */
  readonly last: LastUsage | null;
  /** The outcomes of the turn before, in call order. */
  readonly results: readonly (DoneCall & { readonly modelCallId: string })[];
}

/**
 * Loads what turn `turn` is made from; null when there is no such run. The committed turn is read
 * last: a run that was seen beyond this turn has it.
 */
export async function loadTurn(
  database: Database,
  address: RunAddress,
  turn: number,
): Promise<LoadedTurn | null> {
  const { tenantId, runId } = address;
  const [[run], linked, results, [last = null], [committed]] = (await readTogether(database, [
    [turnRunSql, tenantId, runId, turn, unfinishedTurnsInARow],
    transcriptSql(address, turn),
    [turnResultsSql, tenantId, runId, turn - 1],
    [lastUsageSql, tenantId, runId, turn - 1],
    committedTurnSql(address, turn),
  ])) as [
    LoadedTurn['run'][],
    LinkedRow[],
    LoadedTurn['results'],
    LoadedTurn['last'][],
    CommittedTurnRow[],
  ];
  if (run === undefined) return null;
  const transcript = readTranscript(address, linked);
  return { committed: committedTurn(turn, committed), run, transcript, last, results };
}

const turnRunSql = `
  SELECT agent, agent_version AS "agentVersion", requested_by AS "requestedBy", input, unwinds,
    cost_micros_usd AS "spentMicrosUsd", tainted_at IS NOT NULL AS "isTainted",
    model_position AS "modelPosition", turn_retry IS NOT NULL AS "isRetryNoted",
    ARRAY(SELECT stop FROM turn WHERE tenant_id = $1 AND run_id = $2 AND turn < $3
          ORDER BY turn DESC LIMIT $4) AS "lastStops",
    clock_timestamp() AS at, cancel_requested_at IS NOT NULL OR ended IS NOT NULL AS cancelled
  FROM run WHERE tenant_id = $1 AND id = $2`;

/** Providers keep a prompt for five minutes after its last use: a minute less is sure. */
const warmSeconds = 240;
const lastUsageSql = `
  SELECT input_tokens + cache_read_tokens + cache_write_tokens AS "promptTokens",
    output_tokens AS "outputTokens", model,
    committed_at > clock_timestamp() - interval '${warmSeconds} seconds' AS "isWarm"
  FROM turn WHERE tenant_id = $1 AND run_id = $2 AND turn = $3 AND provider IS NOT NULL`;
const turnResultsSql = `
  SELECT model_call_id AS "modelCallId", id, tool, args, outcome, result FROM call
  WHERE tenant_id = $1 AND run_id = $2 AND turn = $3 ORDER BY seq`;

/** Says that a model call failed and the next attempt starts after `delayMs`. */
export async function noteTurnRetry(
  database: Database,
  address: RunAddress,
  about: { turn: number; attempt: number; code: FailureCode; delayMs: number },
): Promise<void> {
  await inRun(database, address, [], ({ run, now, write, append }) => {
    if (run.turns >= about.turn || run.ended !== null) return;
    const until = new Date(Date.parse(now) + about.delayMs).toISOString();
    const { turn, attempt, code } = about;
    const retry: RetryNote = { code, attempt, since: now, until };
    write(
      'UPDATE run SET turn_retry = $3::jsonb WHERE tenant_id = $1 AND id = $2',
      run.tenantId,
      run.id,
      JSON.stringify(retry),
    );
    const key = `turn-retrying:${turn}:${attempt}`;
    if (isWorthTelling(attempt)) {
      append({ type: 'turn-retrying', key, data: { turn, attempt, code, until } });
    }
  });
}

/** An attempt has begun: the run no longer waits for it. */
export async function beginTurnAttempt(database: Database, address: RunAddress): Promise<void> {
  await inRun(database, address, [], ({ run, writeAny }) => {
    writeAny(
      `UPDATE run SET turn_retry = NULL
       WHERE tenant_id = $1 AND id = $2 AND turn_retry IS NOT NULL`,
      run.tenantId,
      run.id,
    );
  });
}

/** A committed turn with its calls, read in one statement: a torn one would lose calls. */
export interface CommittedTurnRow {
  readonly now: string;
  readonly stop: string;
  readonly costMicrosUsd: number | null;
  readonly failureCode: FailureCode | null;
  readonly calls: readonly (Omit<PlannedCall, 'approval'> & {
    readonly approvalId: AskedApproval['approvalId'] | null;
    readonly approvers: readonly string[] | null;
    readonly approvalStatus: ApprovalStatus | null;
    readonly expiresAt: string | null;
  })[];
}

/** The read that {@link committedTurn} takes. */
export const committedTurnSql = ({ tenantId, runId }: RunAddress, turn: number): Sql => [
  `SELECT clock_timestamp() AS now, stop, cost_micros_usd AS "costMicrosUsd",
     failure_code AS "failureCode",
     coalesce((
       SELECT json_agg(json_build_object('callId', call.id, 'tool', tool, 'verdict', verdict,
         'effect', effect, 'retryPolicy', retry_policy, 'summary', title,
         'argsDigest', call.args_digest, 'approvalId', approval.id, 'approvers', approvers,
         'approvalStatus', approval.status, 'expiresAt', ${rfc3339('expires_at')}) ORDER BY seq)
       FROM call LEFT JOIN LATERAL (
         SELECT id, approvers, status, expires_at FROM approval
         WHERE approval.tenant_id = call.tenant_id AND approval.call_id = call.id
         ORDER BY requested_at DESC, id DESC LIMIT 1) AS approval ON true
       WHERE call.tenant_id = $1 AND call.run_id = $2 AND turn = $3 AND verdict <> 'deny'
     ), '[]'::json) AS calls
   FROM turn WHERE tenant_id = $1 AND run_id = $2 AND turn = $3`,
  tenantId,
  runId,
  turn,
];

/** The envelope of a committed turn; null without one. */
export function committedTurn(
  turn: number,
  row: CommittedTurnRow | undefined,
): TakeTurnResult | null {
  if (row === undefined) return null;
  if (row.failureCode !== null) return { kind: 'ended', code: row.failureCode };
  const calls = row.calls.map((planned): PlannedCall => {
    const { approvalId, approvers, approvalStatus, expiresAt, ...call } = planned;
    if (approvalId === null || expiresAt === null) return { ...call, approval: null };
    // Answered before, as after a reset: there is nothing to wait for, so Postgres is asked at once.
    const leftMs = approvalStatus === 'pending' ? Date.parse(expiresAt) - Date.parse(row.now) : 0;
    const remainingMs = Math.max(0, leftMs);
    return {
      ...call,
      approval: { approvalId, remainingMs, expiresAt, approvers: approvers ?? [] },
    };
  });
  const isFinal = row.stop === 'final';
  return { kind: 'committed', turn, isFinal, calls, costMicrosUsd: row.costMicrosUsd };
}
