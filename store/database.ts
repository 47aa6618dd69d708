/** The connections to Postgres: one pool for hot-path SQL and Prisma's reads alike. */
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool, types, type PoolClient, type PoolConfig } from 'pg';
import { BelayError } from '../runtime/belay-error.js';
import { passFreely, type PassPoint } from '../runtime/crash-points.js';
import type { Log } from '../runtime/log.js';
import { PrismaClient } from './generated/client.js';

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly log: Log;
  /** Shown in `pg_stat_activity`. */
  readonly name: string;
  /** Crash points within transactions; none unless given. */
  readonly passPoint?: PassPoint;
}

export interface Database {
  readonly pool: Pool;
  /** Reads only: every write is SQL of this folder. */
  readonly prisma: PrismaClient;
  readonly passPoint: PassPoint;
  close(): Promise<void>;
}

/** A session that stops inside a transaction frees its locks after this long (DESIGN §6). */
export const sessionSettings = {
  idle_in_transaction_session_timeout: '3s',
  lock_timeout: '10s',
  statement_timeout: '15s',
} as const;
const acquireTimeoutMs = 5_000;
/** People come after long pauses: what they do first finds a connection that has its statements. */
const keptConnections = 2;
/** Before whatever stands in between forgets a connection on which nothing is said. */
const keepAliveAfterMs = 10_000;
/** Longer than Postgres lets a statement take: a server that is silent for so long is not there. */
const answerTimeoutMs = 17_000;

/** Opens the pool. Nothing connects before the first query; `close` waits for what is under way. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = openPool(options, sessionSettings);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    pool,
    prisma,
    passPoint: options.passPoint ?? passFreely,
    close: async () => {
      await prisma.$disconnect();
      if (!pool.ended) await pool.end();
    },
  };
}

/** Opens a pool whose sessions have these settings. Nothing connects before the first query. */
export function openPool(
  options: Omit<DatabaseOptions, 'passPoint'>,
  settings: Readonly<Record<string, string>>,
): Pool {
  const pool = new Pool(poolConfig(options, settings));
  // Without a listener a dropped idle connection ends the process.
  pool.on('error', () => options.log.warn('An idle Postgres connection was lost'));
  // The same for one that is in use: the query under way reports the loss.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * A statement that each connection parses and plans once: for most of ours that costs Postgres more
 * than running them. The text is one of a closed set, never made of values.
 */
export function prepared(text: string, values: readonly unknown[]) {
  const name = statementNames.get(text) ?? `belay_${statementNames.size + 1}`;
  statementNames.set(text, name);
  return { name, text, values: [...values] };
}

const statementNames = new Map<string, string>();

/** Takes a connection from the pool. Throws `database-unavailable` when there is none in time. */
export async function connect(database: Database): Promise<PoolClient> {
  try {
    return await database.pool.connect();
  } catch (cause) {
    throw new BelayError('database-unavailable', { cause, retryAfterSeconds: 1 });
  }
}

/** Says whether an error means that Postgres is away, whichever library noticed it. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof BelayError) return error.code === 'database-unavailable';
  return layersOf(error).some(
    ({ code, message }) =>
      (typeof code === 'string' && (unavailableCodes.has(code) || code.startsWith('08'))) ||
      (typeof message === 'string' && codelessMessages.has(message)),
  );
}

/** Says whether a statement was never sent, because its connection had ended before. */
export const isUnsentStatement = (error: unknown): boolean =>
  error instanceof Error && error.message === notQueryable;

/** The SQLSTATE or system code of an error, looking through Prisma's wrapping; null without one. */
export function errorCode(error: unknown): string | null {
  const codes = layersOf(error).map(({ code }) => code);
  return codes.findLast((code) => typeof code === 'string') ?? null;
}

interface ErrorLayer {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly meta?: { readonly driverAdapterError?: unknown };
}
const deepestLayers = 6;

/** An error and what it wraps, outermost first. Prisma keeps the driver's error in `meta`. */
function layersOf(error: unknown): ErrorLayer[] {
  const layers: ErrorLayer[] = [];
  let at: unknown = error;
  while (typeof at === 'object' && at !== null && layers.length < deepestLayers) {
    const layer = at as ErrorLayer;
    layers.push(layer);
    at = layer.meta?.driverAdapterError ?? layer.cause;
  }
  return layers;
}

/** What pg throws instead of sending a statement on a connection that has failed. */
const notQueryable = 'Client has encountered a connection error and is not queryable';

/** What pg and its pool throw without any code when a connection is lost or none can be had. */
const codelessMessages: ReadonlySet<string> = new Set([
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  notQueryable,
  'Client was closed and is not queryable',
  'Query read timeout',
]);

const unavailableCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  // admin_shutdown, crash_shutdown, cannot_connect_now, disk_full, too_many_connections
  '57P01',
  '57P02',
  '57P03',
  '53100',
  '53300',
  // query_canceled by its timeout, lock_not_available, idle_in_transaction_session_timeout
  '57014',
  '55P03',
  '25P03',
  // The connection is refused: wrong role or password, no such database, or it takes none now
  '28000',
  '28P01',
  '3D000',
  '55000',
  // Prisma: cannot reach the server, timed out, connection closed, pool timeout
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
]);

function poolConfig(
  options: Parameters<typeof openPool>[0],
  settings: Readonly<Record<string, string>>,
): PoolConfig & { pipeline: boolean } {
  return {
    connectionString: options.url,
    application_name: options.name,
    min: keptConnections,
    max: options.poolSize,
    connectionTimeoutMillis: acquireTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    // A half-open connection is never reset: without this its queries would wait for ever.
    query_timeout: answerTimeoutMs,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
    // Statements that do not wait for each other's rows share one round trip.
    pipeline: true,
    types: { getTypeParser: parserFor },
  };
}

const timestamptz = 1184;
const int8 = 20;

/** Times leave Postgres as RFC 3339 in UTC, 64-bit integers as numbers (ours stay below 2^53). */
function parserFor(type: number, format?: 'text' | 'binary') {
  if (type === timestamptz) return (text: string) => new Date(text).toISOString();
  if (type === int8) return Number;
  return format === 'binary'
    ? types.getTypeParser(type, 'binary')
    : types.getTypeParser(type, 'text');
}
