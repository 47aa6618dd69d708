/**
 * The commits of the baseline that keeps rows: as many transactions as Belay makes, in as many round
 * trips, with as many rows of as many bytes. What Belay decides from them is left out.
 */
import { connect, prepared, type Database } from '../../store/database.js';
import { pipeline, readTogether } from '../../store/pipeline.js';
import type { Sql } from '../../store/run-transaction.js';

export interface Rows {
  loadTurn(runId: string): Promise<void>;
  loadCall(runId: string, turn: number): Promise<void>;
  commitOpen(runId: string): Promise<void>;
  commitTurn(runId: string, turn: number): Promise<void>;
  commitStart(runId: string, turn: number, isEffect: boolean): Promise<void>;
  commitEnd(runId: string, turn: number, isEffect: boolean): Promise<void>;
  commitClose(runId: string): Promise<void>;
}

/** The average bytes of Belay's rows, by `pg_column_size` after a run of the bench's agent. */
const bytes = {
  run: 400,
  message: 480,
  turn: 160,
  call: 560,
  event: 330,
  effect: 400,
} as const;
type Kind = keyof typeof bytes;

/** The tables, made once by the owner. */
export const rowTablesSql = `
  CREATE TABLE baseline_run (id text PRIMARY KEY, body text NOT NULL, changes int NOT NULL DEFAULT 0);
  CREATE TABLE baseline_row (run_id text NOT NULL REFERENCES baseline_run, kind text NOT NULL,
    seq int NOT NULL, body text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (run_id, kind, seq));
  GRANT SELECT, INSERT, UPDATE ON baseline_run, baseline_row TO PUBLIC`;

type Write = readonly [kind: Kind, seq: number, verb: 'insert' | 'update'];

/** Rows in these tables, sent as the store sends its own. */
export function createRows(database: Database): Rows {
  const change = (runId: string, writes: readonly Write[]) => commit(database, runId, writes);
  return {
    loadTurn: async (runId) => {
      await readTogether(database, [
        [runSql, runId],
        [messagesSql, runId],
        [lastCallSql, runId],
        [lastTurnSql, runId],
      ]);
    },
    loadCall: async (runId, turn) => {
      await database.pool.query(prepared(callSql, [runId, turn]));
    },
    commitOpen: (runId) => change(runId, [['event', 0, 'insert']]),
    commitTurn: (runId, turn) =>
      change(runId, [
        ['message', 2 * turn, 'insert'],
        ['message', 2 * turn + 1, 'insert'],
        ['turn', turn, 'insert'],
        ['call', turn, 'insert'],
        ['event', 10 * turn, 'insert'],
        ['event', 10 * turn + 1, 'insert'],
      ]),
    commitStart: (runId, turn, isEffect) =>
      change(runId, [
        ['call', turn, 'update'],
        ['event', 10 * turn + 2, 'insert'],
        ...(isEffect
          ? ([
              ['effect', turn, 'insert'],
              ['event', 10 * turn + 3, 'insert'],
            ] as const)
          : []),
      ]),
    commitEnd: (runId, turn, isEffect) =>
      change(runId, [
        ['call', turn, 'update'],
        ['event', 10 * turn + 4, 'insert'],
        ...(isEffect
          ? ([
              ['effect', turn, 'update'],
              ['event', 10 * turn + 5, 'insert'],
            ] as const)
          : []),
      ]),
    commitClose: (runId) => change(runId, [['event', 1, 'insert']]),
  };
}

const runSql = 'SELECT body FROM baseline_run WHERE id = $1';
const messagesSql = `
  SELECT body FROM baseline_row WHERE run_id = $1 AND kind = 'message' ORDER BY seq`;
const lastCallSql = `
  SELECT body FROM baseline_row WHERE run_id = $1 AND kind = 'call' ORDER BY seq DESC LIMIT 1`;
const lastTurnSql = `
  SELECT body FROM baseline_row WHERE run_id = $1 AND kind = 'turn' ORDER BY seq DESC LIMIT 1`;
const callSql = `
  SELECT body FROM baseline_row WHERE run_id = $1 AND kind = 'call' AND seq = $2`;

/** Three round trips: lock; write; change the run, commit and tell. */
async function commit(database: Database, runId: string, writes: readonly Write[]): Promise<void> {
  const client = await connect(database);
  try {
    await pipeline(client, [['BEGIN'], [`${runSql} FOR NO KEY UPDATE`, runId]]);
    await pipeline(
      client,
      writes.map((write) => writeSql(runId, write)),
    );
    await pipeline(client, [[changeSql, runId], ['COMMIT'], [notifySql, runId]]);
  } finally {
    client.release();
  }
}

const insertSql = `
  INSERT INTO baseline_row (run_id, kind, seq, body) VALUES ($1, $2, $3, $4)
  ON CONFLICT DO NOTHING`;
const updateSql = `
  UPDATE baseline_row SET body = $4 WHERE run_id = $1 AND kind = $2 AND seq = $3`;
const changeSql = 'UPDATE baseline_run SET changes = changes + 1 WHERE id = $1';
const notifySql = `SELECT pg_notify('baseline_run', $1)`;

const writeSql = (runId: string, [kind, seq, verb]: Write): Sql => [
  verb === 'insert' ? insertSql : updateSql,
  runId,
  kind,
  seq,
  'x'.repeat(bytes[kind]),
];

/** Makes the row of a run, in the place of `POST /v1/runs`. */
export async function insertRun({ pool }: Database, runId: string): Promise<void> {
  await pool.query('INSERT INTO baseline_run (id, body) VALUES ($1, $2)', [
    runId,
    'x'.repeat(bytes.run),
  ]);
}
