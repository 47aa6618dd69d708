/** Effects in our own Postgres: the work and its confirmation are one transaction, so one is never unknown. */
import type { CallId } from '../contracts/ids.js';
import { invariant } from '../runtime/belay-error.js';
import type { PoolClient, QueryResultRow } from 'pg';
import { recordEffect, type Learned, type Recorded } from './call-attempt.js';
import { callSql, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { noteLateResult } from './effect-moves.js';
import { effectOfCallSql, type EffectRow } from './effects.js';
import { inRunWith, type RunAddress } from './run-transaction.js';

/** One statement with its values, inside the transaction. */
export type Query = (
  text: string,
  values: readonly unknown[],
) => Promise<readonly QueryResultRow[]>;

/**
 * Runs `work` and records what it learned under the run's lock, both or neither. What is not `done`
 * is rolled back. An attempt whose fence is no longer the effect's does nothing at all.
 */
export async function transactionalEffect(
  database: Database,
  address: RunAddress,
  callId: CallId,
  fence: number,
  work: (query: Query) => Promise<Learned>,
): Promise<Recorded> {
  const reads = [callSql(address, callId), effectOfCallSql(address, callId)];
  const isMine = ([effect]: readonly QueryResultRow[] = []): boolean =>
    effect?.['fence'] === fence && effect['state'] === 'dispatched';
  const recorded = await inRunWith(
    database,
    address,
    reads,
    async (client, rows) => (isMine(rows[1]) ? workOrNothing(client, work) : null),
    (transaction, rows, learned): Recorded => {
      const [[call], [effect]] = rows as [OpenCallRow[], EffectRow[]];
      invariant(call !== undefined && effect !== undefined, 'a dispatched effect has its rows');
      if (call.state === 'finished') return { kind: 'finished' };
      if (learned === null) {
        noteLateResult(transaction, effect, fence, { kind: 'not-sent' });
        return { kind: 'superseded' };
      }
      return recordEffect(transaction, call, effect, learned);
    },
  );
  invariant(recorded !== null, 'a dispatched effect has a run');
  return recorded;
}

async function workOrNothing(
  client: PoolClient,
  work: (query: Query) => Promise<Learned>,
): Promise<Learned> {
  await client.query('SAVEPOINT work');
  const learned = await work(async (text, values) => {
    const { rows } = await client.query<QueryResultRow>(text, [...values]);
    return rows;
  });
  if (learned.kind !== 'done') await client.query('ROLLBACK TO SAVEPOINT work');
  return learned;
}
