/** Runs: started once per Idempotency-Key, read by their derived rows. */
import type { Digest, RunId } from '../contracts/ids.js';
import type { RunFailure, RunStatus, RunView, Wait } from '../contracts/run.js';
import { statusOf } from '../contracts/status.js';
import { invariant } from '../runtime/belay-error.js';
import { connect, prepared, type Database } from './database.js';
import type { Run } from './generated/client.js';
import { claimKey, keepAnswer, type IdempotencyClaim, type KeptAnswer } from './idempotency.js';
import { runChannel, type RunAddress, type Sql } from './run-transaction.js';

/** A run without its links, which only the gateway knows. */
export type RunRecord = Omit<RunView, 'links'>;

export interface NewRun extends RunAddress {
  readonly agent: string;
  readonly agentVersion: Digest;
  readonly input: unknown;
  readonly requestedBy: string;
  readonly tags: readonly string[];
  readonly budget: unknown;
  /** The run whose effects it undoes. */
  readonly unwinds?: RunId;
}

/**
 * Writes run, first event and the outbox row of its start in one transaction (P1, P2).
 * `answer` makes the body that a repeated key is given; a replay returns the first one.
 */
export async function createRun(
  database: Database,
  fresh: NewRun,
  key: IdempotencyClaim | null,
  answer: (record: RunRecord) => KeptAnswer,
): Promise<{ readonly answer: KeptAnswer; readonly replayed: boolean }> {
  const client = await connect(database);
  let broken: Error | undefined;
  try {
    const [, clock] = await Promise.all([
      client.query('BEGIN'),
      client.query<{ now: string }>('SELECT clock_timestamp() AS now'),
    ]);
    const kept = key === null ? null : await claimKey(client, key, fresh.runId);
    if (kept !== null) {
      await client.query('ROLLBACK');
      return { answer: kept, replayed: true };
    }
    const record = queuedRecord(fresh, clock.rows[0]?.now ?? '');
    const first = answer(record);
    const [, , , , , end] = await Promise.all([
      client.query(prepared(insertRunSql, insertParameters(fresh, record))),
      client.query(prepared(insertStartSql, [fresh.tenantId, fresh.runId])),
      client.query(prepared(insertCreatedSql, [fresh.tenantId, fresh.runId, createdData(fresh)])),
      key === null ? null : keepAnswer(client, key, first),
      client.query(`SELECT pg_notify('${runChannel}', $1)`, [fresh.runId]),
      client.query('COMMIT'),
    ]);
    invariant(end.command === 'COMMIT', 'the run was committed');
    return { answer: first, replayed: false };
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** One run, or null. */
export async function findRun(database: Database, address: RunAddress): Promise<RunRecord | null> {
  const { tenantId, runId: id } = address;
  const row = await database.prisma.run.findUnique({
    where: { tenantId_id: { tenantId, id } },
    include: withUnwind,
  });
  return row === null ? null : recordOf(row);
}

export interface RunFilter {
  readonly tenantId: string;
  readonly status?: RunStatus;
  readonly agent?: string;
  readonly limit: number;
  /** The last run of the page before. */
  readonly after?: { readonly createdAt: string; readonly id: string };
}

/** Runs, newest first: at most `limit`, starting after `after`. */
export async function listRuns(database: Database, filter: RunFilter): Promise<RunRecord[]> {
  const { after } = filter;
  const rows = await database.prisma.run.findMany({
    where: {
      tenantId: filter.tenantId,
      ...(filter.status === undefined ? {} : { status: filter.status }),
      ...(filter.agent === undefined ? {} : { agent: filter.agent }),
      ...(after === undefined
        ? {}
        : {
            OR: [
              { createdAt: { lt: after.createdAt } },
              { createdAt: after.createdAt, id: { lt: after.id } },
            ],
          }),
    },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: filter.limit,
    include: withUnwind,
  });
  return rows.map(recordOf);
}

function queuedRecord(fresh: NewRun, createdAt: string): RunRecord {
  const { status, waitingFor } = statusOf({
    createdAt,
    startedAt: null,
    pausedAt: null,
    ended: null,
    start: { deliveredAt: null, isDead: false },
    turnRetry: null,
    openCalls: [],
    pendingApprovals: [],
    untakenAnswers: [],
    parkedEffects: [],
  });
  return {
    id: fresh.runId,
    agent: { name: fresh.agent, version: fresh.agentVersion },
    status,
    waitingFor,
    input: fresh.input,
    output: null,
    failure: null,
    requestedBy: fresh.requestedBy,
    unwinds: fresh.unwinds ?? null,
    unwoundBy: null,
    tags: fresh.tags,
    budget: fresh.budget,
    turns: 0,
    usage: {
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      costMicrosUsd: 0,
      costEstimated: false,
    },
    createdAt,
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    temporal: { workflowId: fresh.runId, firstRunId: null },
  };
}

const insertRunSql = `
  INSERT INTO run (tenant_id, id, agent, agent_version, status, waiting_for, input, requested_by,
                   tags, budget, last_event_seq, created_at, unwinds)
  VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10::jsonb, 1, $11, $12)`;

const insertParameters = (fresh: NewRun, record: RunRecord): unknown[] => [
  fresh.tenantId,
  fresh.runId,
  fresh.agent,
  fresh.agentVersion,
  record.status,
  JSON.stringify(record.waitingFor),
  JSON.stringify(fresh.input),
  fresh.requestedBy,
  fresh.tags,
  fresh.budget === null ? null : JSON.stringify(fresh.budget),
  record.createdAt,
  record.unwinds,
];

const insertStartSql = `
  INSERT INTO outbox (tenant_id, run_id, kind, payload) VALUES ($1, $2, 'start', '{}')`;

const insertCreatedSql = `
  INSERT INTO event (tenant_id, run_id, seq, type, key, data)
  VALUES ($1, $2, 1, 'run-created', 'run-created', $3::jsonb)`;

const createdData = (fresh: NewRun): string =>
  JSON.stringify({ agent: fresh.agent, version: fresh.agentVersion, by: fresh.requestedBy });

/** The writes that make a run within the transaction of another: row, order to start, first event. */
export const newRunWrites = (fresh: NewRun, createdAt: string): readonly Sql[] => [
  [insertRunSql, ...insertParameters(fresh, queuedRecord(fresh, createdAt))],
  [insertStartSql, fresh.tenantId, fresh.runId],
  [insertCreatedSql, fresh.tenantId, fresh.runId, createdData(fresh)],
  [`SELECT pg_notify('${runChannel}', $1)`, fresh.runId],
];

const isoOf = (date: Date | null): string | null => date?.toISOString() ?? null;

const withUnwind = { unwindsOf: { select: { id: true } } };

function recordOf(row: Run & { readonly unwindsOf: readonly { id: string }[] }): RunRecord {
  return {
    id: row.id as RunId,
    agent: { name: row.agent, version: row.agentVersion as Digest },
    status: row.status as RunStatus,
    waitingFor: row.waitingFor as unknown as readonly Wait[],
    input: JSON.parse(row.input) as unknown,
    output: row.output === null ? null : (JSON.parse(row.output) as unknown),
    failure: row.failure as unknown as RunFailure | null,
    requestedBy: row.requestedBy,
    unwinds: row.unwinds as RunId | null,
    unwoundBy: (row.unwindsOf[0]?.id ?? null) as RunId | null,
    tags: row.tags,
    budget: row.budget,
    turns: row.turns,
    usage: {
      inputTokens: Number(row.inputTokens),
      outputTokens: Number(row.outputTokens),
      cacheReadTokens: Number(row.cacheReadTokens),
      costMicrosUsd: Number(row.costMicrosUsd),
      costEstimated: row.costEstimated,
    },
    createdAt: row.createdAt.toISOString(),
    startedAt: isoOf(row.startedAt),
    finishedAt: isoOf(row.finishedAt),
    cancelRequestedAt: isoOf(row.cancelRequestedAt),
    temporal: { workflowId: row.id as RunId, firstRunId: row.firstRunId },
  };
}
