/** The events of runs, read from any point (P6). */
import type { EventType, EventView } from '../contracts/event.js';
import type { RunId } from '../contracts/ids.js';
import type { Database } from './database.js';
import { isWritingSql } from './deltas.js';
import type { RunAddress } from './run-transaction.js';

/** Events of one run after `after`, in order, at most `limit`; null when there is no such run. */
export async function readEvents(
  database: Database,
  { tenantId, runId }: RunAddress,
  after: number,
  limit: number,
): Promise<EventView[] | null> {
  const run = await database.prisma.run.findUnique({
    where: { tenantId_id: { tenantId, id: runId } },
    select: {
      events: { where: { seq: { gt: after } }, orderBy: { seq: 'asc' }, take: limit },
    },
  });
  return (
    run?.events.map((event) => ({
      runId,
      seq: event.seq,
      type: event.type as EventType,
      at: event.at.toISOString(),
      data: event.data,
    })) ?? null
  );
}

/** How far the events of a run go, and whether more can come. */
export interface RunHead {
  readonly runId: RunId;
  readonly lastEventSeq: number;
  readonly ended: boolean;
  /** An attempt at its next turn is open. */
  readonly isWriting: boolean;
}

/** The heads of these runs, in one query; a run that does not exist is left out. */
export async function readHeads(
  database: Database,
  addresses: readonly RunAddress[],
): Promise<RunHead[]> {
  const { rows } = await database.pool.query<RunHead>(headsSql, [
    addresses.map(({ tenantId }) => tenantId),
    addresses.map(({ runId }) => runId),
  ]);
  return rows;
}

const headsSql = `
  SELECT id AS "runId", last_event_seq AS "lastEventSeq", ended IS NOT NULL AS ended,
    ${isWritingSql} AS "isWriting"
  FROM run JOIN unnest($1::text[], $2::text[]) AS wanted(tenant_id, id) USING (tenant_id, id)`;
