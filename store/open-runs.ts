/** Open runs as the engine is asked about them, and what is written when the two disagree. */
import type { Database } from './database.js';
import { inRun, type RunAddress } from './run-transaction.js';

/** A run of which nothing was heard for a while, though it is open and its start was delivered. */
export interface QuietRun extends RunAddress {
  /** Null until a workflow has opened it. */
  readonly firstRunId: string | null;
  /** The engine's current run, as it was last seen. */
  readonly engineRunId: string | null;
}

/** The next quiet runs of one engine behind `after`, in order of their ids. */
export async function quietRuns(
  database: Database,
  page: {
    readonly after: string;
    readonly limit: number;
    readonly quietMs: number;
    readonly engineId: string;
  },
): Promise<readonly QuietRun[]> {
  const { rows } = await database.pool.query<QuietRun>(quietRunsSql, [
    page.after,
    page.limit,
    page.quietMs,
    page.engineId,
  ]);
  return rows;
}

/** Delivers a start again whose workflow the engine does not have. */
export async function redeliverStart(database: Database, address: RunAddress): Promise<void> {
  await inRun(database, address, [], ({ run, writeAny }) => {
    if (run.ended !== null || run.firstRunId !== null) return;
    writeAny(
      `UPDATE outbox SET state = 'pending', delivered_at = NULL, next_at = clock_timestamp()
       WHERE tenant_id = $1 AND run_id = $2 AND kind = 'start' AND state = 'done'`,
      run.tenantId,
      run.id,
    );
  });
}

/** Notes the engine's current run: a later one of the same workflow, and why where it was a reset. */
export async function noteEngineRun(
  database: Database,
  address: RunAddress,
  engineRunId: string,
  reset: { readonly reason: string | null } | null,
): Promise<void> {
  await inRun(database, address, [], ({ run, write, writeAny, append }) => {
    if (run.ended !== null) return;
    write(
      'UPDATE run SET engine_run_id = $3 WHERE tenant_id = $1 AND id = $2',
      run.tenantId,
      run.id,
      engineRunId,
    );
    if (reset === null) return;
    const data = { engineRunId, reason: reset.reason };
    append({ type: 'run-reset', key: `run-reset:${engineRunId}`, data });
    // Its history may not hold what was said before: answers are delivered again until taken.
    writeAny(
      `UPDATE outbox SET state = 'pending', next_at = clock_timestamp()
       WHERE tenant_id = $1 AND run_id = $2 AND state = 'done'
         AND kind IN ('approvalDecided', 'effectResolved')`,
      run.tenantId,
      run.id,
    );
  });
}

/** How many open runs were started in another engine than this one: only people can end those. */
export async function countElsewhere(database: Database, engineId: string): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM run WHERE ended IS NULL AND engine_id <> $1',
    [engineId],
  );
  return rows[0]?.count ?? 0;
}

/** Deletes deliveries of ended runs that are older than a day. Returns how many. */
export async function deleteOldDeliveries(database: Database, limit: number): Promise<number> {
  const { rowCount } = await database.pool.query(deleteOldSql, [limit]);
  return rowCount ?? 0;
}

const quietRunsSql = `
  SELECT tenant_id AS "tenantId", id AS "runId", first_run_id AS "firstRunId",
    engine_run_id AS "engineRunId"
  FROM run WHERE ended IS NULL AND id > $1 AND engine_id = $4
    AND EXISTS (
      SELECT 1 FROM outbox WHERE outbox.tenant_id = run.tenant_id AND outbox.run_id = run.id
        AND kind = 'start' AND state = 'done')
    AND EXISTS (
      SELECT 1 FROM event WHERE event.tenant_id = run.tenant_id AND event.run_id = run.id
        AND event.seq = run.last_event_seq
        AND event.at < clock_timestamp() - $3 * interval '1 millisecond')
  ORDER BY id LIMIT $2`;

const deleteOldSql = `
  DELETE FROM outbox WHERE (tenant_id, id) IN (
    SELECT outbox.tenant_id, outbox.id FROM outbox
    JOIN run ON run.tenant_id = outbox.tenant_id AND run.id = outbox.run_id
    WHERE outbox.state = 'done' AND run.ended IS NOT NULL
      AND outbox.created_at < clock_timestamp() - interval '1 day'
    ORDER BY outbox.created_at LIMIT $1)`;
