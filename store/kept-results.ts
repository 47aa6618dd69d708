/** Results of which the model was shown only the ends, whole and apart from what it is sent. */
import type { CallId } from '../contracts/ids.js';
import { storableText } from '../runtime/text.js';
import { prepared, type Database } from './database.js';
import type { RunAddress, RunTransaction } from './run-transaction.js';

/** Keeps the whole result of a call. */
export function keepResult({ run, write }: RunTransaction, callId: CallId, content: string): void {
  write(
    'INSERT INTO kept_result (tenant_id, call_id, run_id, content) VALUES ($1, $2, $3, $4)',
    run.tenantId,
    callId,
    run.id,
    storableText(content),
  );
}

/** The kept results as the tools know them. */
export const createKeptResults = (database: Database) => ({
  /** A part of a result of this run, and the characters of the whole; null where none is kept. */
  async read(
    { tenantId, runId }: RunAddress,
    callId: CallId,
    offset: number,
    characters: number,
  ): Promise<{ readonly text: string; readonly characters: number } | null> {
    const values = [tenantId, callId, runId, offset + 1, characters];
    const { rows } = await database.pool.query<{ text: string; characters: number }>(
      prepared(readSql, values),
    );
    return rows[0] ?? null;
  },
});

const readSql = `
  SELECT substr(content, $4::int, $5::int) AS text, length(content) AS characters
  FROM kept_result WHERE tenant_id = $1 AND call_id = $2 AND run_id = $3`;
