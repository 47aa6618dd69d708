/** Statements that go to Postgres together: one write, one round trip. */
import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { connect, prepared, type Database } from './database.js';
import type { Sql } from './run-transaction.js';

/** Sends statements without waiting between them. Throws the first failure after all have answered. */
export async function pipeline(
  client: PoolClient,
  statements: readonly Sql[],
): Promise<readonly QueryResult<QueryResultRow>[]> {
  const { stream } = client.connection;
  // Each statement would be a system call of its own, and Postgres would wake up for each.
  stream.cork();
  const answers = statements.map(([text, ...values]) =>
    client.query<QueryResultRow>(prepared(text, values)),
  );
  stream.uncork();
  const outcomes = await Promise.allSettled(answers);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

/** Reads outside any transaction, one after the other: a later read sees what an earlier one saw, or more. */
export async function readTogether(
  database: Database,
  reads: readonly Sql[],
): Promise<readonly (readonly QueryResultRow[])[]> {
  const client = await connect(database);
  let broken: Error | undefined;
  try {
    const results = await pipeline(client, reads);
    return results.map(({ rows }) => rows);
  } catch (error) {
    broken = error as Error;
    throw error;
  } finally {
    client.release(broken);
  }
}
