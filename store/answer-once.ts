/** One change in one transaction with its `Idempotency-Key`, for what belongs to no run. */
import type { PoolClient } from 'pg';
import { invariant } from '../runtime/belay-error.js';
import { connect, type Database } from './database.js';
import { claimKey, keepAnswer, type IdempotencyClaim, type KeptAnswer } from './idempotency.js';

/** Makes the body that a repeated key is given. */
export type AnswerOf<Made> = (made: Made) => KeptAnswer;

export interface Answered<Made> {
  readonly answer: KeptAnswer;
  /** What was changed now; null where the key had been answered before. */
  readonly made: Made | null;
}

/** Makes the change and keeps its answer, or gives a repeated key the first answer. */
export const answerOnce = <Made>(
  database: Database,
  key: IdempotencyClaim | null,
  answerOf: AnswerOf<Made>,
  change: (client: PoolClient) => Promise<Made>,
): Promise<Answered<Made>> =>
  inTransaction(database, async (client) => {
    const kept = key === null ? null : await claimKey(client, key, null);
    if (kept !== null) return { answer: kept, made: null };
    const made = await change(client);
    const answer = answerOf(made);
    if (key !== null) await keepAnswer(client, key, answer);
    return { answer, made };
  });

/** Commits what the work writes, or nothing of it when it throws. */
export async function inTransaction<Result>(
  database: Database,
  work: (client: PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await connect(database);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    const end = await client.query('COMMIT');
    invariant(end.command === 'COMMIT', 'the change was committed');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.release(broken);
  }
}
