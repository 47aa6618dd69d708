/** Runs: started once per Idempotency-Key, read by their derived rows. */
import type { Digest, RunId } from '../contracts/ids.js';
import type { RunFailure, RunStatus, RunView, Wait } from '../contracts/run.js';
import { statusOf } from '../contracts/status.js';
import { invariant } from '../runtime/belay-error.js';
import { prepared, type Database } from './database.js';
import type { Run } from './generated/client.js';
import { findKeptAnswer, type IdempotencyClaim, type KeptAnswer } from './idempotency.js';
import type { RunAddress, Sql } from './run-transaction.js';

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
  /** By Postgres's clock. */
  readonly createdAt: string;
}

/**
 * Writes run, first event, the outbox row of its start and the claim of its key in one statement:
 * all of it or nothing (P1, P2). A twin that is under way is waited for. `answer` makes the body
 * that a repeated key is given; a replay returns the first one. Throws `idempotency-key-reused`.
 */
export async function createRun(
  database: Database,
  fresh: NewRun,
  key: IdempotencyClaim | null,
  answer: (record: RunRecord) => KeptAnswer,
): Promise<{ readonly answer: KeptAnswer; readonly replayed: boolean }> {
  const record = queuedRecord(fresh);
  const first = answer(record);
  const values = [...runValues(fresh, record), ...claimValues(key, first)];
  const { rowCount } = await database.pool.query(prepared(createRunSql, values));
  if (rowCount === 1) return { answer: first, replayed: false };
  const kept = key === null ? null : await findKeptAnswer(database, key);
  invariant(kept !== null, 'a claimed idempotency key has a row');
  return { answer: kept, replayed: true };
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

function queuedRecord(fresh: NewRun): RunRecord {
  const { createdAt } = fresh;
  const { status, waitingFor } = statusOf({
    now: createdAt,
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
      lostAttempts: 0,
      lostCostMicrosUsd: 0,
    },
    createdAt,
    startedAt: null,
    finishedAt: null,
    cancelRequestedAt: null,
    temporal: { workflowId: fresh.runId, firstRunId: null },
  };
}

const runValues = (fresh: NewRun, record: RunRecord): readonly unknown[] => [
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
  createdData(fresh),
  record.unwinds,
];

const noClaim = [null, null, null, null, null, null] as const;
const claimValues = (key: IdempotencyClaim | null, first: KeptAnswer): readonly unknown[] =>
  key === null
    ? noClaim
    : [key.principalId, key.route, key.key, key.bodyDigest, first.status, first.body];

/** Without a key nothing stands against the run; with one, only a row of that key. */
const createRunSql = `
  WITH claimed AS (
    INSERT INTO idempotency (tenant_id, run_id, principal_id, route, key, body_digest, status,
                             answer)
    SELECT $1, $2, $14, $15, $16, $17, $18::int, $19 WHERE $16::text IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING key
  ), free AS (
    SELECT FROM claimed UNION ALL SELECT WHERE $16::text IS NULL
  ), fresh AS (
    INSERT INTO run (tenant_id, id, agent, agent_version, status, waiting_for, input,
                     requested_by, tags, budget, last_event_seq, created_at, unwinds)
    SELECT $1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9::text[], $10::jsonb, 1, $11::timestamptz,
      $13
    FROM free
  ), start AS (
    INSERT INTO outbox (tenant_id, run_id, kind, payload) SELECT $1, $2, 'start', '{}' FROM free
  ), created AS (
    INSERT INTO event (tenant_id, run_id, seq, type, key, data)
    SELECT $1, $2, 1, 'run-created', 'run-created', $12::jsonb FROM free
  )
  SELECT FROM free`;

const createdData = (fresh: NewRun): string =>
  JSON.stringify({ agent: fresh.agent, version: fresh.agentVersion, by: fresh.requestedBy });

/** The statement that makes a run with its first event and the order to start it: one row, or none. */
export const newRunSql = (fresh: NewRun): Sql => [
  createRunSql,
  ...runValues(fresh, queuedRecord(fresh)),
  ...noClaim,
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
      lostAttempts: row.lostAttempts,
      lostCostMicrosUsd: Number(row.lostCostMicrosUsd),
    },
    createdAt: row.createdAt.toISOString(),
    startedAt: isoOf(row.startedAt),
    finishedAt: isoOf(row.finishedAt),
    cancelRequestedAt: isoOf(row.cancelRequestedAt),
    temporal: { workflowId: row.id as RunId, firstRunId: row.firstRunId },
  };
}
