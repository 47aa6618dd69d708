/**
 * The text of turns that are not committed yet: which attempt is open, and what it has written.
 * A row here is believed only beside the row of its run, so what is left over shows nowhere.
 */
import type { Pool } from 'pg';
import type { RunId } from '../contracts/ids.js';
import { prepared, type Database } from './database.js';
import type { RunAddress } from './run-transaction.js';

/** The channel on which every run is named whose next attempt has been opened. */
export const attemptChannel = 'belay_attempt';

/** An attempt whose writer gave no sign of life for this long is lost, such as with its worker. */
export const lostAfterMs = 10_000;

/** An attempt at a turn of a run. `attempt` counts those that were opened at this turn. */
export interface AttemptAddress extends RunAddress {
  readonly turn: number;
  readonly attempt: number;
}

/** The next piece of an attempt; an empty one is a sign of life. */
export interface Delta extends AttemptAddress {
  readonly seq: number;
  readonly text: string;
}

/**
 * Opens an attempt at a turn and voids the one before; null where that is not to be: the turn is
 * committed, the run has ended, or the engine has begun a later attempt, which is alive.
 */
export async function openAttempt(
  pool: Pool,
  { tenantId, runId }: RunAddress,
  turn: number,
  engineAttempt: number,
): Promise<AttemptAddress | null> {
  const values = [tenantId, runId, turn, engineAttempt];
  const { rows } = await pool.query<{ attempt: number }>(prepared(openSql, values));
  const [opened] = rows;
  return opened === undefined ? null : { tenantId, runId, turn, attempt: opened.attempt };
}

const isLostSql = (table: string): string =>
  `${table}.seen_at < clock_timestamp() - interval '${lostAfterMs} milliseconds'`;

/** A number can come again: when its attempt was closed, or after a crash of Postgres. */
const openSql = `
  WITH opened AS (
    INSERT INTO open_attempt AS held (tenant_id, run_id, turn, attempt, engine_attempt)
    SELECT tenant_id, id, $3::int, $4::int, $4 FROM run
    WHERE tenant_id = $1 AND id = $2 AND turns < $3 AND ended IS NULL
      AND cancel_requested_at IS NULL
    ON CONFLICT (tenant_id, run_id) DO UPDATE SET
      turn = excluded.turn, engine_attempt = excluded.engine_attempt, seen_at = excluded.seen_at,
      attempt = greatest(excluded.attempt,
        CASE WHEN held.turn = excluded.turn THEN held.attempt + 1 ELSE 1 END)
    WHERE held.turn < excluded.turn OR (held.turn = excluded.turn
      AND (held.engine_attempt <= excluded.engine_attempt OR ${isLostSql('held')}))
    RETURNING turn, attempt),
  voided AS (
    DELETE FROM delta USING opened WHERE tenant_id = $1 AND run_id = $2
      AND (delta.turn, delta.attempt) <> (opened.turn, opened.attempt))
  SELECT attempt, pg_notify('${attemptChannel}', $2) FROM opened`;

/**
 * Writes pieces, each unless it is there already, and returns the attempts that are open: of any
 * other nothing was written, now or ever. At most one piece of an attempt at a time.
 */
export async function writeDeltas(
  pool: Pool,
  deltas: readonly Delta[],
): Promise<readonly AttemptAddress[]> {
  const values = [
    deltas.map(({ tenantId }) => tenantId),
    deltas.map(({ runId }) => runId),
    deltas.map(({ turn }) => turn),
    deltas.map(({ attempt }) => attempt),
    deltas.map(({ seq }) => seq),
    deltas.map(({ text }) => text),
  ];
  const { rows } = await pool.query<AttemptAddress>(prepared(writeSql, values));
  return rows;
}

/** The update is the fence: an attempt that is opened meanwhile waits for it, or makes it find none. */
const writeSql = `
  WITH fresh AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::text[])
      AS piece(tenant_id, run_id, turn, attempt, seq, text)),
  alive AS (
    UPDATE open_attempt held SET seen_at = clock_timestamp() FROM fresh
    WHERE held.tenant_id = fresh.tenant_id AND held.run_id = fresh.run_id
      AND held.turn = fresh.turn AND held.attempt = fresh.attempt
    RETURNING fresh.*),
  written AS (
    INSERT INTO delta (tenant_id, run_id, turn, attempt, seq, text)
    SELECT * FROM alive WHERE text <> '' ON CONFLICT DO NOTHING)
  SELECT tenant_id AS "tenantId", run_id AS "runId", turn, attempt FROM alive`;

/** Closes an attempt, if it is the open one, and deletes its text and all that is of no open one. */
export async function closeAttempt(
  pool: Pool,
  { tenantId, runId, turn, attempt }: AttemptAddress,
): Promise<void> {
  await pool.query(prepared(closeSql, [tenantId, runId, turn, attempt]));
}

const closeSql = `
  WITH closed AS (
    DELETE FROM open_attempt
    WHERE tenant_id = $1 AND run_id = $2 AND turn = $3 AND attempt = $4)
  DELETE FROM delta WHERE tenant_id = $1 AND run_id = $2
    AND ((turn, attempt) = ($3, $4) OR NOT EXISTS (
      SELECT FROM open_attempt held WHERE held.tenant_id = $1 AND held.run_id = $2
        AND (held.turn, held.attempt) = (delta.turn, delta.attempt)))`;

/** How far the text of a run has been read. */
export interface TextCursor extends AttemptAddress {
  /** Of the last piece. */
  readonly seq: number;
}

/** What a run is writing. */
export interface Writing {
  readonly runId: RunId;
  /** Its committed turns. */
  readonly turns: number;
  readonly ended: boolean;
  /** Whether the attempt that would be open gives no sign of life. */
  readonly isLost: boolean;
  /** The open attempt; null without one. */
  readonly turn: number | null;
  readonly attempt: number | null;
  /** The last piece of its text, and all text after the cursor where that is in this attempt. */
  readonly seq: number;
  readonly text: string;
}

/** What these runs are writing, in one query; a run that does not exist is left out. */
export async function readWriting(
  { pool }: Database,
  cursors: readonly TextCursor[],
): Promise<readonly Writing[]> {
  const values = [
    cursors.map(({ tenantId }) => tenantId),
    cursors.map(({ runId }) => runId),
    cursors.map(({ turn }) => turn),
    cursors.map(({ attempt }) => attempt),
    cursors.map(({ seq }) => seq),
  ];
  return (await pool.query<Writing>(prepared(writingSql, values))).rows;
}

const isNextSql = (table: string): string =>
  `${table}.tenant_id = run.tenant_id AND ${table}.run_id = run.id
    AND ${table}.turn > run.turns AND run.ended IS NULL`;

/** Whether a run has an open attempt, as a condition on `run`. */
export const isWritingSql = `
  EXISTS (SELECT FROM open_attempt held WHERE ${isNextSql('held')} AND NOT ${isLostSql('held')})`;

const writingSql = `
  SELECT run.id AS "runId", run.turns, run.ended IS NOT NULL AS ended,
    held.is_lost IS TRUE AS "isLost", live.turn, live.attempt,
    coalesce(fresh.seq, CASE WHEN (live.turn, live.attempt) = (cursor.turn, cursor.attempt)
      THEN cursor.seq ELSE 0 END) AS seq,
    coalesce(fresh.text, '') AS text
  FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[])
    AS cursor(tenant_id, run_id, turn, attempt, seq)
  JOIN run ON run.tenant_id = cursor.tenant_id AND run.id = cursor.run_id
  LEFT JOIN LATERAL (
    SELECT turn, attempt, ${isLostSql('open_attempt')} AS is_lost
    FROM open_attempt WHERE ${isNextSql('open_attempt')}) AS held ON true
  LEFT JOIN LATERAL (
    SELECT held.turn, held.attempt WHERE held.is_lost IS FALSE) AS live ON true
  LEFT JOIN LATERAL (
    SELECT max(delta.seq) AS seq, string_agg(delta.text, '' ORDER BY delta.seq) AS text
    FROM delta WHERE delta.tenant_id = run.tenant_id AND delta.run_id = run.id
      AND delta.turn = live.turn AND delta.attempt = live.attempt
      AND delta.seq > CASE WHEN (live.turn, live.attempt) = (cursor.turn, cursor.attempt)
        THEN cursor.seq ELSE 0 END) AS fresh ON true`;

/** Deletes what was left over: by writers that were killed, and of runs that have gone on or ended. */
export async function sweepDeltas({ pool }: Database): Promise<void> {
  await pool.query(sweepAttemptsSql);
  await pool.query(sweepTextSql);
}

const sweepAttemptsSql = `
  DELETE FROM open_attempt held
  WHERE NOT EXISTS (SELECT FROM run WHERE ${isNextSql('held')})`;
const sweepTextSql = `
  DELETE FROM delta WHERE NOT EXISTS (
    SELECT FROM open_attempt held
    WHERE held.tenant_id = delta.tenant_id AND held.run_id = delta.run_id
      AND held.turn = delta.turn AND held.attempt = delta.attempt)`;
