/** The outbox: what is still to be said to Temporal. Claimed by lease, delivered outside, acknowledged by token. */
import { randomUUID } from 'node:crypto';
import type { FailureCode } from '../contracts/failure.js';
import type { RunId } from '../contracts/ids.js';
import { outboxRefusals } from '../contracts/limits.js';
import type { SignalName } from '../contracts/signals.js';
import { prepared, type Database } from './database.js';
import { inRun } from './run-transaction.js';

export type OutboxKind = 'start' | 'cancel' | SignalName;

export interface OutboxRow {
  readonly id: number;
  readonly tenantId: string;
  readonly runId: RunId;
  readonly kind: OutboxKind;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The deliveries before this one. */
  readonly deliveries: number;
  readonly token: string;
  /** What a start needs to be readable in Temporal's Web UI. */
  readonly agent: string;
  readonly agentVersion: string;
  readonly requestedBy: string;
  readonly createdAt: string;
}

/** Longer than any delivery takes: a gateway that dies holds a row no longer than this. */
const leaseMs = 10_000;

/**
 * Claims due rows, oldest first, for `leaseMs`. A run's start goes before everything else of it.
 * Rows that another gateway has claimed are passed over.
 */
export async function claimOutbox(database: Database, limit: number): Promise<OutboxRow[]> {
  const values = [limit, leaseMs, randomUUID()];
  const { rows } = await database.pool.query<OutboxRow>(prepared(claimSql, values));
  return rows.toSorted((left, right) => left.id - right.id);
}

/**
 * A start or cancel has arrived: nothing more to do. The run's status says whom it waits for now. A
 * start says where it arrived: `engineId` is the engine's own id of the namespace.
 */
export async function acknowledge(
  database: Database,
  row: OutboxRow,
  engineId: string | null = null,
): Promise<void> {
  await inRun(database, row, [], ({ write, writeAny, now }) => {
    if (engineId !== null) {
      write(
        'UPDATE run SET engine_id = $3 WHERE tenant_id = $1 AND id = $2',
        row.tenantId,
        row.runId,
        engineId,
      );
    }
    writeAny(
      `UPDATE outbox SET state = 'done', deliveries = deliveries + 1, claim_token = NULL,
         claimed_until = NULL, last_code = NULL, delivered_at = coalesce(delivered_at, $3)
       WHERE tenant_id = $4 AND id = $1 AND claim_token = $2`,
      row.id,
      row.token,
      now,
      row.tenantId,
    );
  });
}

/** A signal has arrived: it is sent again after `againInMs`, until the answer is taken. */
export async function acknowledgeSignal(
  database: Database,
  row: OutboxRow,
  againInMs: number,
): Promise<void> {
  await database.pool.query(
    `UPDATE outbox SET deliveries = deliveries + 1, claim_token = NULL, claimed_until = NULL,
       last_code = NULL, delivered_at = coalesce(delivered_at, clock_timestamp()),
       next_at = clock_timestamp() + $3 * interval '1 millisecond'
     WHERE tenant_id = $4 AND id = $1 AND claim_token = $2 AND state = 'pending'`,
    [row.id, row.token, againInMs, row.tenantId],
  );
}

/** Temporal can't be reached: the row waits, and this never counts against it. */
export async function postpone(
  database: Database,
  row: OutboxRow,
  code: FailureCode,
  againInMs: number,
): Promise<void> {
  await database.pool.query(
    `UPDATE outbox SET claim_token = NULL, claimed_until = NULL, last_code = $3,
       next_at = clock_timestamp() + $4 * interval '1 millisecond'
     WHERE tenant_id = $5 AND id = $1 AND claim_token = $2 AND state = 'pending'`,
    [row.id, row.token, code, againInMs, row.tenantId],
  );
}

/** Temporal definitely refuses. After `outboxRefusals` times the row is `dead` and `/readyz` says so. */
export async function refuse(
  database: Database,
  row: OutboxRow,
  code: string,
  againInMs: number,
): Promise<void> {
  await inRun(database, row, [], ({ writeAny }) => {
    writeAny(
      `UPDATE outbox SET refusals = refusals + 1, claim_token = NULL, claimed_until = NULL,
         last_code = $3, state = CASE WHEN refusals + 1 >= $5 THEN 'dead' ELSE state END,
         next_at = clock_timestamp() + $4 * interval '1 millisecond'
       WHERE tenant_id = $6 AND id = $1 AND claim_token = $2 AND state = 'pending'`,
      row.id,
      row.token,
      code,
      againInMs,
      outboxRefusals,
      row.tenantId,
    );
  });
}

export interface OutboxHealth {
  readonly pending: number;
  readonly dead: number;
  /** The age of the oldest row that is due, in milliseconds; 0 without one. */
  readonly oldestMs: number;
}

/** How much is still to be delivered. */
export async function outboxHealth(database: Database): Promise<OutboxHealth> {
  const { rows } = await database.pool.query<OutboxHealth>(
    `SELECT count(*) FILTER (WHERE state = 'pending' AND delivered_at IS NULL)::int AS pending,
       count(*) FILTER (WHERE state = 'dead')::int AS dead,
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at)
         FILTER (WHERE state = 'pending' AND delivered_at IS NULL)) * 1000, 0)::int AS "oldestMs"
     FROM outbox WHERE state <> 'done'`,
  );
  return rows[0] ?? { pending: 0, dead: 0, oldestMs: 0 };
}

/**
 * Times are kept to the millisecond, rounded: a row is due half of one before it says so. The claim
 * does not wait for the disk: one that a crash of Postgres undoes is made again, as when its holder
 * dies, and what is delivered twice arrives under one id.
 */
const claimSql = `
  WITH unhurried AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'off', true)
  ), due AS (
    SELECT outbox.id FROM outbox
    WHERE state = 'pending' AND next_at <= clock_timestamp() + interval '1 millisecond'
      AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
      AND (kind = 'start' OR NOT EXISTS (
        SELECT 1 FROM outbox AS first WHERE first.tenant_id = outbox.tenant_id
          AND first.run_id = outbox.run_id AND first.kind = 'start' AND first.state = 'pending'))
    ORDER BY outbox.id LIMIT $1 FOR UPDATE SKIP LOCKED)
  UPDATE outbox SET claim_token = $3,
    claimed_until = clock_timestamp() + $2 * interval '1 millisecond'
  FROM due, run, unhurried
  WHERE outbox.id = due.id AND run.tenant_id = outbox.tenant_id AND run.id = outbox.run_id
  RETURNING outbox.id, outbox.tenant_id AS "tenantId", run_id AS "runId", kind, payload, deliveries,
    claim_token AS token, run.agent, run.agent_version AS "agentVersion",
    run.requested_by AS "requestedBy", outbox.created_at AS "createdAt"`;
