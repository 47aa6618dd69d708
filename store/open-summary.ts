/** What is open: for those who stop the local stack, start it again, or change its engine. */
import { finalStatuses, personWaits, type RunStatus, type Wait } from '../contracts/run.js';
import type { RunId } from '../contracts/ids.js';
import { createLog } from '../runtime/log.js';
import { openDatabase } from './database.js';

export interface OpenRun {
  readonly id: RunId;
  readonly agent: string;
  readonly status: RunStatus;
  readonly waitingFor: readonly Wait[];
}

export interface OpenRuns {
  readonly total: number;
  /** Of these, the ones that go on only when a person does something. */
  readonly forPeople: number;
  /** Of these, the ones of which the engine holds a history. */
  readonly inEngine: number;
  /** At most `limit`: those that wait for a person first, then the oldest. */
  readonly first: readonly OpenRun[];
}

export interface OpenRunsQuery {
  /** Of a role that may read runs. */
  readonly url: string;
  /** How many to name: at least 1. */
  readonly limit: number;
  /** Only runs posted before that moment. */
  readonly before?: Date;
}

/** Reads what is open in all tenants, over a connection of its own. */
export async function readOpenRuns({ url, limit, before }: OpenRunsQuery): Promise<OpenRuns> {
  const log = createLog({ service: 'open-runs', level: 'error', format: 'json' });
  const database = openDatabase({ url, poolSize: 1, log, name: 'belay-open-runs' });
  try {
    const until = before?.toISOString() ?? 'infinity';
    const parameters = [finalStatuses, until, personWaits, limit];
    const { rows } = await database.pool.query<OpenRow>(openSql, parameters);
    const { total, forPeople, inEngine } = rows[0] ?? { total: 0, forPeople: 0, inEngine: 0 };
    const first = rows.map(({ id, agent, status, waitingFor }) => ({
      id,
      agent,
      status,
      waitingFor,
    }));
    return { total, forPeople, inEngine, first };
  } finally {
    await database.close();
  }
}

type OpenRow = OpenRun & Pick<OpenRuns, 'total' | 'forPeople' | 'inEngine'>;

/** A run that the engine was never told of may start in any: only the others are in this one. */
const openSql = `
  SELECT id, agent, status, waiting_for AS "waitingFor", count(*) OVER () AS total,
    count(*) FILTER (WHERE for_person) OVER () AS "forPeople",
    count(*) FILTER (WHERE in_engine) OVER () AS "inEngine"
  FROM run, LATERAL (
    SELECT status = 'paused' OR EXISTS (
        SELECT 1 FROM jsonb_array_elements(waiting_for) AS wait
        WHERE wait->>'kind' = ANY ($3) OR wait->>'who' = 'operator') AS for_person,
      first_run_id IS NOT NULL OR EXISTS (
        SELECT 1 FROM outbox WHERE outbox.tenant_id = run.tenant_id AND outbox.run_id = run.id
          AND kind = 'start' AND delivered_at IS NOT NULL) AS in_engine) AS facts
  WHERE status <> ALL ($1) AND created_at < $2
  ORDER BY for_person DESC, created_at, id LIMIT $4`;
