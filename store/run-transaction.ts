/**
 * The one way to write to a run: lock its row, read, decide, write, and leave status and events true.
 * Three round trips: lock and reads; writes, events and the rows a status is made of; status and commit.
 */
import type { PoolClient, QueryResultRow } from 'pg';
import type { NewEvent } from '../contracts/event.js';
import type { Digest, RunId } from '../contracts/ids.js';
import { statusOf, type StatusInput } from '../contracts/status.js';
import type { FinalStatus, RunStatus } from '../contracts/run.js';
import { invariant } from '../runtime/belay-error.js';
import { storableJson } from '../runtime/text.js';
import { connect, errorCode, isUnsentStatement, prepared, type Database } from './database.js';
import { pipeline } from './pipeline.js';
import { rfc3339 } from './rfc3339.js';

export type Sql = readonly [text: string, ...parameters: unknown[]];

/** The locked row, as far as writers decide by it. Times are RFC 3339. */
export interface LockedRun {
  readonly id: RunId;
  readonly tenantId: string;
  readonly agent: string;
  readonly agentVersion: Digest;
  readonly requestedBy: string;
  /** The run whose effects it undoes. */
  readonly unwinds: RunId | null;
  readonly status: RunStatus;
  readonly ended: FinalStatus | null;
  readonly turns: number;
  readonly lastCallSeq: number;
  readonly lastEventSeq: number;
  readonly firstRunId: string | null;
  readonly startedAt: string | null;
  readonly cancelRequestedAt: string | null;
  readonly cancelRequestedBy: string | null;
  readonly cancelReason: string | null;
  readonly costMicrosUsd: number;
  /** Since when it has read what strangers wrote. */
  readonly taintedAt: string | null;
}

export interface RunTransaction {
  readonly run: LockedRun;
  /** Postgres's clock, read in the statement after the lock was granted. */
  readonly now: string;
  /** Sends a write. It must touch exactly one row, or the transaction is rolled back. */
  write(...sql: Sql): void;
  /** Sends a write that may touch any number of rows. */
  writeAny(...sql: Sql): void;
  /** Appends a numbered fact. One whose key the run already has is left out. */
  append(event: NewEvent): void;
}

export interface RunAddress {
  readonly tenantId: string;
  readonly runId: RunId;
}

/** The rows of each read, in the order of the reads. */
export type Rows = readonly (readonly QueryResultRow[])[];

/**
 * Runs `work` under the run's lock. `work` is synchronous: it looks at the rows and sends writes.
 * Returns what it returns, or null when there is no such run. A deadlock is tried again.
 */
export const inRun = <Result>(
  database: Database,
  address: RunAddress,
  reads: readonly Sql[],
  work: (transaction: RunTransaction, rows: Rows) => Result,
): Promise<Result | null> => inRunWith(database, address, reads, async () => undefined, work);

/**
 * As {@link inRun}, with statements of somebody else's in the same transaction, between the reads
 * and the writes. `act` may await nothing but its client: the run is locked meanwhile.
 */
export async function inRunWith<Acted, Result>(
  database: Database,
  address: RunAddress,
  reads: readonly Sql[],
  act: (client: PoolClient, rows: Rows) => Promise<Acted>,
  work: (transaction: RunTransaction, rows: Rows, acted: Acted) => Result,
): Promise<Result | null> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(database, address, reads, act, work);
    } catch (error) {
      if (attempt >= maximumAttempts || !isRepeatable(error)) throw error;
    }
  }
}

const maximumAttempts = 5;
/**
 * serialization_failure, deadlock_detected; unique_violation: the next look sees who was first;
 * idle_in_transaction_session_timeout: this process stood still, and nothing was committed.
 */
const repeatable: ReadonlySet<string> = new Set(['40001', '40P01', '23505', '25P03']);

/** Says whether the same transaction, made again, may well succeed. */
export const isRepeatable = (error: unknown): boolean =>
  repeatable.has(errorCode(error) ?? '') || isUnsentStatement(error);

async function once<Acted, Result>(
  database: Database,
  address: RunAddress,
  reads: readonly Sql[],
  act: (client: PoolClient, rows: Rows) => Promise<Acted>,
  work: (transaction: RunTransaction, rows: Rows, acted: Acted) => Result,
): Promise<Result | null> {
  const client = await connect(database);
  let broken: Error | undefined;
  try {
    const [, locked, clock, ...read] = await pipeline(client, [
      ['BEGIN'],
      [lockSql, address.tenantId, address.runId],
      ['SELECT clock_timestamp() AS now'],
      ...reads,
    ]);
    const run = locked?.rows[0] as LockedRun | undefined;
    if (run === undefined) {
      await client.query('ROLLBACK');
      return null;
    }
    database.passPoint('run-locked');
    const now = (clock?.rows[0] as { now: string } | undefined)?.now;
    invariant(now !== undefined, 'Postgres tells the time');
    const plan = planner(run, now);
    const rows = read.map((each) => each.rows);
    const result = work(plan.transaction, rows, await act(client, rows));
    await commit(client, run, plan);
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** FOR NO KEY UPDATE: FOR UPDATE deadlocks with the foreign keys of inserted rows. */
const lockSql = `
  SELECT id, tenant_id AS "tenantId", agent, agent_version AS "agentVersion", status, ended, turns,
         requested_by AS "requestedBy", unwinds, last_call_seq AS "lastCallSeq",
         last_event_seq AS "lastEventSeq", first_run_id AS "firstRunId",
         started_at AS "startedAt", cancel_requested_at AS "cancelRequestedAt",
         cancel_requested_by AS "cancelRequestedBy", cancel_reason AS "cancelReason",
         cost_micros_usd AS "costMicrosUsd", tainted_at AS "taintedAt"
  FROM run WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`;

interface Plan {
  readonly transaction: RunTransaction;
  readonly writes: { readonly sql: Sql; readonly exactlyOne: boolean }[];
  readonly events: NewEvent[];
}

function planner(run: LockedRun, now: string): Plan {
  const writes: Plan['writes'] = [];
  const events: NewEvent[] = [];
  return {
    writes,
    events,
    transaction: {
      run,
      now,
      write: (...sql) => void writes.push({ sql, exactlyOne: true }),
      writeAny: (...sql) => void writes.push({ sql, exactlyOne: false }),
      append: (event) => void events.push(event),
    },
  };
}

async function commit(client: PoolClient, run: LockedRun, plan: Plan): Promise<void> {
  if (plan.writes.length === 0 && plan.events.length === 0) {
    await client.query('ROLLBACK');
    return;
  }
  const results = await pipeline(client, [
    ...plan.writes.map((write) => write.sql),
    appendSql(run, plan.events),
  ]);
  for (const [index, write] of plan.writes.entries()) {
    const count = results[index]?.rowCount ?? 0;
    invariant(!write.exactlyOne || count === 1, `a write touched ${count} rows: ${write.sql[0]}`);
  }
  const last = results.at(-1)?.rows[0] as (StatusInput & { appended: number }) | undefined;
  invariant(last !== undefined, 'a locked run has a row');
  const { status, waitingFor } = statusOf(last);
  const committing = pipeline(client, [
    [
      updateSql,
      run.tenantId,
      run.id,
      status,
      JSON.stringify(waitingFor),
      run.lastEventSeq + last.appended,
    ],
    ['COMMIT'],
  ]);
  const waking = wakeReaders(client, run.id);
  const [, end] = await committing;
  await waking;
  // A commit after a failed statement answers ROLLBACK and no error.
  invariant(end?.command === 'COMMIT', 'the transaction was committed');
}

/**
 * Tells those who follow the run, right behind the commit. Not within the transaction: of all that
 * notify, one commits at a time. Whom it does not reach looks each second.
 */
const wakeReaders = (client: PoolClient, runId: RunId): Promise<unknown> =>
  client.query(prepared(notifySql, [runId])).catch(() => undefined);

/** The channel on which every changed run is named. */
export const runChannel = 'belay_run';

const appendSql = (run: LockedRun, events: readonly NewEvent[]): Sql => [
  appendText,
  run.tenantId,
  run.id,
  run.lastEventSeq,
  events.map((event) => event.type),
  events.map((event) => event.key),
  events.map((event) => storableJson(event.data)),
];

const updateSql = `
  UPDATE run SET status = $3, waiting_for = $4::jsonb, last_event_seq = $5
  WHERE tenant_id = $1 AND id = $2`;

const notifySql = `SELECT pg_notify('${runChannel}', $1)`;

const rowsOf = (fields: string, order: string, from: string): string =>
  `coalesce((SELECT json_agg(json_build_object(${fields}) ORDER BY ${order}) FROM ${from}),
    '[]'::json)`;

const statusColumns = `
  clock_timestamp() AS now, r.created_at AS "createdAt", r.started_at AS "startedAt", r.paused_at AS "pausedAt",
    r.ended, r.turn_retry AS "turnRetry",
    (SELECT json_build_object('deliveredAt', ${rfc3339('delivered_at')}, 'isDead', state = 'dead')
     FROM outbox WHERE tenant_id = $1 AND run_id = $2 AND kind = 'start') AS start,
    ${rowsOf(
      `'tool', tool, 'state', state, 'retry', retry`,
      'seq',
      `call WHERE tenant_id = $1 AND run_id = $2 AND state <> 'finished'`,
    )} AS "openCalls",
    ${rowsOf(
      `'approvers', approvers, 'quorum', quorum, 'escalation', escalation,
       'requestedAt', ${rfc3339('requested_at')}, 'expiresAt', ${rfc3339('expires_at')}`,
      'requested_at, id',
      `approval WHERE tenant_id = $1 AND run_id = $2 AND status = 'pending'`,
    )} AS "pendingApprovals",
    ${rowsOf(
      `'since', ${rfc3339('created_at')}, 'isDead', state = 'dead', 'heldUntil',
        (SELECT ${rfc3339('executable_at')} FROM approval WHERE approval.tenant_id = $1
           AND approval.id = subject AND approval.status = 'approved')`,
      'id',
      `outbox WHERE tenant_id = $1 AND run_id = $2 AND state <> 'done'
         AND kind IN ('approvalDecided', 'effectResolved')`,
    )} AS "untakenAnswers",
    ${rowsOf(
      `'tool', tool, 'since', ${rfc3339('coalesce(parked_at, updated_at)')}`,
      'key',
      `effect WHERE tenant_id = $1 AND run_id = $2 AND state = 'parked'`,
    )} AS "parkedEffects"`;

/**
 * Appends events, and reads the rows that the status is made of. The number of an event is taken
 * after the look-up of its key: insert-and-ignore would burn numbers.
 */
const appendText = `
  WITH appended AS (
    INSERT INTO event (tenant_id, run_id, seq, type, key, data)
    SELECT $1, $2, $3 + row_number() OVER (ORDER BY n), type, key, data::jsonb
    FROM unnest($4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS fresh(type, key, data, n)
    WHERE NOT EXISTS (
      SELECT 1 FROM event WHERE tenant_id = $1 AND run_id = $2 AND event.key = fresh.key)
    RETURNING seq)
  SELECT (SELECT count(*)::int FROM appended) AS appended, ${statusColumns}
  FROM run r WHERE r.tenant_id = $1 AND r.id = $2`;
