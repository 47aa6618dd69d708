/** The feed of events: read from any point, and a wake-up for those who follow (P6). */
import { Client } from 'pg';
import type { EventType, EventView } from '../contracts/event.js';
import type { RunId } from '../contracts/ids.js';
import type { Log } from '../runtime/log.js';
import type { Database } from './database.js';
import { runChannel, type RunAddress } from './run-transaction.js';

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
  SELECT id AS "runId", last_event_seq AS "lastEventSeq", ended IS NOT NULL AS ended
  FROM run JOIN unnest($1::text[], $2::text[]) AS wanted(tenant_id, id) USING (tenant_id, id)`;

export interface RunListener {
  readonly connected: boolean;
  close(): Promise<void>;
}

const reconnectAfterMs = 500;

/**
 * Listens for changed runs on one direct connection and calls `onRun` with each run's id. A lost
 * connection is made again, and `onGap` says that notifications may have been missed.
 */
export function listenForRuns(options: {
  readonly url: string;
  readonly log: Log;
  readonly onRun: (runId: RunId) => void;
  readonly onGap: () => void;
}): RunListener {
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isConnected = false;
  let isClosed = false;

  const retry = (): void => {
    isConnected = false;
    if (isClosed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      void open();
    }, reconnectAfterMs);
  };
  const open = async (): Promise<void> => {
    const fresh = new Client({ connectionString: options.url, keepAlive: true });
    client = fresh;
    // The farewell of an older connection says nothing of this one.
    const lost = (): void => {
      if (client === fresh) retry();
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', ({ payload }) => options.onRun((payload ?? '') as RunId));
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${runChannel}`);
      isConnected = true;
      options.onGap();
    } catch {
      options.log.debug('The listening connection to Postgres is not up yet');
      await fresh.end().catch(() => undefined);
      retry();
    }
  };
  void open();
  return {
    get connected() {
      return isConnected;
    },
    close: async () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
