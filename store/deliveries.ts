/** Rows of the outbox as people see them, and the retry of one that was given up. */
import type { DeliveryState, DeliveryView } from '../contracts/delivery.js';
import type { RunId } from '../contracts/ids.js';
import type { FinalStatus } from '../contracts/run.js';
import { BelayError } from '../runtime/belay-error.js';
import type { Database } from './database.js';
import type { OutboxKind } from './outbox.js';
import { rfc3339 } from './rfc3339.js';
import { inRun } from './run-transaction.js';

const columns = `id::int AS id, run_id AS "runId", kind, state, deliveries, refusals,
  last_code AS "lastCode", ${rfc3339('created_at')} AS "createdAt"`;

/** Deliveries of one state, the oldest first. */
export async function listDeliveries(
  database: Database,
  query: { readonly tenantId: string; readonly state: DeliveryState; readonly limit: number },
): Promise<readonly DeliveryView[]> {
  const { rows } = await database.pool.query<DeliveryView>(
    `SELECT ${columns} FROM outbox WHERE tenant_id = $1 AND state = $2 ORDER BY id LIMIT $3`,
    [query.tenantId, query.state, query.limit],
  );
  return rows;
}

/**
 * Tries a dead delivery again, with its refusals forgotten. Throws `not-found`, `run-finished`,
 * `delivery-not-dead`.
 */
export async function retryDelivery(
  database: Database,
  retry: { readonly tenantId: string; readonly id: number; readonly by: string },
): Promise<DeliveryView> {
  const { tenantId, id, by } = retry;
  const runId = await runOf(database, tenantId, id);
  if (runId === null) throw new BelayError('not-found');
  const reads = [
    [`SELECT kind, state, refusals FROM outbox WHERE tenant_id = $1 AND id = $2`, tenantId, id],
  ] as const;
  const state = await inRun(database, { tenantId, runId }, reads, (transaction, rows) => {
    if (transaction.run.ended !== null) throw runFinished(transaction.run.ended);
    const [[row]] = rows as [{ kind: OutboxKind; state: DeliveryState; refusals: number }[]];
    if (row?.state !== 'dead') return row?.state ?? null;
    transaction.write(
      `UPDATE outbox SET state = 'pending', refusals = 0, next_at = clock_timestamp()
       WHERE tenant_id = $1 AND id = $2`,
      tenantId,
      id,
    );
    const key = `delivery-retried:${id}:${transaction.now}`;
    transaction.append({ type: 'delivery-retried', key, data: { delivery: row.kind, by } });
    return 'dead' as const;
  });
  if (state === null) throw new BelayError('not-found');
  if (state !== 'dead') {
    throw new BelayError('delivery-not-dead', { extra: { currentState: state } });
  }
  const { rows } = await database.pool.query<DeliveryView>(
    `SELECT ${columns} FROM outbox WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  const [row] = rows;
  if (row === undefined) throw new BelayError('not-found');
  return row;
}

const runFinished = (currentStatus: FinalStatus): BelayError =>
  new BelayError('run-finished', { extra: { currentStatus } });

async function runOf(database: Database, tenantId: string, id: number): Promise<RunId | null> {
  const { rows } = await database.pool.query<{ runId: RunId }>(
    `SELECT run_id AS "runId" FROM outbox WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return rows[0]?.runId ?? null;
}
