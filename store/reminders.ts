/** Reminders of parked effects that nobody answers: by Postgres's clock, each told once (P9). */
import type { CallId, EffectKey, RunId } from '../contracts/ids.js';
import { remindAfterMs, remindEveryMs } from '../contracts/retry-policies.js';
import type { Database } from './database.js';
import { inRun, type RunAddress, type Sql } from './run-transaction.js';

/** The runs with a parked effect of which a reminder is due, the longest overdue first. */
export async function runsToRemind(
  database: Database,
  limit: number,
): Promise<readonly RunAddress[]> {
  const { rows } = await database.pool.query<{ tenantId: string; runId: RunId }>(
    `SELECT tenant_id AS "tenantId", run_id AS "runId" FROM effect WHERE ${dueSql('$2', '$3')}
     GROUP BY tenant_id, run_id ORDER BY min(coalesce(reminded_at, parked_at)) LIMIT $1`,
    [limit, remindAfterMs, remindEveryMs],
  );
  return rows;
}

/**
 * Tells a run of its parked effects of which a reminder is due, its ended run too: a person is still
 * asked. Returns their keys; none where another gateway was faster.
 */
export async function remind(database: Database, address: RunAddress): Promise<EffectKey[]> {
  const keys = await inRun(database, address, [dueOfRunSql(address)], (transaction, rows) => {
    const [due] = rows as [DueRow[]];
    const { run, now, write, append } = transaction;
    return due.map(({ key, callId, parkedAt, lastAt }) => {
      write(
        `UPDATE effect SET reminded_at = $3 WHERE tenant_id = $1 AND key = $2`,
        run.tenantId,
        key,
        now,
      );
      append({
        type: 'effect-reminded',
        key: `effect-reminded:${key}:${lastAt}`,
        data: { key, callId, parkedAt },
      });
      return key;
    });
  });
  return keys ?? [];
}

interface DueRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly parkedAt: string;
  /** When it was parked, or last reminded of. */
  readonly lastAt: string;
}

const dueSql = (afterMs: string, everyMs: string): string =>
  `state = 'parked' AND clock_timestamp() >= CASE WHEN reminded_at IS NULL
     THEN parked_at + ${afterMs} * interval '1 millisecond'
     ELSE reminded_at + ${everyMs} * interval '1 millisecond' END`;

const dueOfRunSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT key, call_id AS "callId", parked_at AS "parkedAt",
     coalesce(reminded_at, parked_at) AS "lastAt"
   FROM effect WHERE tenant_id = $1 AND run_id = $2 AND ${dueSql('$3', '$4')} ORDER BY key`,
  tenantId,
  runId,
  remindAfterMs,
  remindEveryMs,
];
