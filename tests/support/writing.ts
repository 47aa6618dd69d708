/** What a run is writing now, as one who comes new is shown it. */
import type { RunId } from '../../contracts/ids.js';
import { invariant } from '../../runtime/belay-error.js';
import type { Database } from '../../store/database.js';
import { readWriting, type Writing } from '../../store/deltas.js';

/** Reads it from its start. */
export async function writingOf(database: Database, runId: RunId): Promise<Writing> {
  const cursor = { tenantId: 'default', runId, turn: 0, attempt: 0, seq: 0 };
  const [writing] = await readWriting(database, [cursor]);
  invariant(writing !== undefined, 'the run exists');
  return writing;
}

/** How many rows are kept of a run's turn under way. */
export async function passingRowsOf({ pool }: Database, runId: RunId): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM open_attempt WHERE run_id = $1)
      + (SELECT count(*) FROM delta WHERE run_id = $1) AS count`,
    [runId],
  );
  return rows[0]?.count ?? Number.NaN;
}
