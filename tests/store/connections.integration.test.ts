import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { persist } from '../../activities/persist.js';
import { createLog } from '../../runtime/log.js';
import { isUnavailable, openDatabase } from '../../store/database.js';
import { inRun } from '../../store/run-transaction.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';

let test: TestDatabase;
let owner: Client;
beforeAll(async () => {
  test = await openTestDatabase();
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test.close();
});

const name = async () => (await owner.query('SELECT current_database() AS name')).rows[0].name;
const dropConnections = async (): Promise<void> => {
  await owner.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = $1 AND pid <> pg_backend_pid()`,
    [await name()],
  );
};
const untilSleeping = () =>
  eventually('a statement sleeps', async () => {
    const { rows } = await owner.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity
       WHERE wait_event = 'PgSleep' AND datname = current_database()`,
    );
    return rows[0].n > 0;
  });

describe('a connection that is lost', () => {
  it('within a transaction is an answer, not the end of the process; nothing is half written', async () => {
    const runId = await queueRun(test.database);
    const address = { tenantId: 'default', runId };
    const rename = (reads: readonly [string][]) =>
      inRun(test.database, address, reads, ({ run, write }) => {
        write(
          "UPDATE run SET tags = '{renamed}' WHERE tenant_id = $1 AND id = $2",
          'default',
          run.id,
        );
      });
    const sleeping = rename([['SELECT pg_sleep(20)']]);
    const failed = sleeping.then(() => false, isUnavailable);
    await untilSleeping();
    await dropConnections();
    expect(await failed).toBe(true);
    const { rows } = await owner.query('SELECT tags FROM run WHERE id = $1', [runId]);
    expect(rows).toEqual([{ tags: [] }]);
    await rename([]);
  });

  it('while nobody uses it is replaced, and ends nothing', async () => {
    const log = createLog({ service: 'test', level: 'error', format: 'json' });
    // Not the pool of the test: once Prisma has read through a pool, it listens as well.
    const { pool, close } = openDatabase({ url: test.url, poolSize: 1, log, name: 'belay-idle' });
    await pool.query('SELECT 1');
    await dropConnections();
    await eventually('the loss is noticed', async () => pool.totalCount === 0);
    expect((await pool.query('SELECT 7 AS answer')).rows).toEqual([{ answer: 7 }]);
    await close();
  });

  it('does not lose what an attempt has learned', async () => {
    let attempts = 0;
    const result = await persist(async () => {
      attempts += 1;
      const query = test.database.pool.query('SELECT pg_sleep($1), 7 AS answer', [
        attempts === 1 ? 20 : 0,
      ]);
      // Awaited with the query: the loss must find it under way.
      const dropped = attempts === 1 ? untilSleeping().then(dropConnections) : null;
      return (await Promise.all([query, dropped]))[0].rows[0].answer as number;
    }, 10_000);
    expect([result, attempts]).toEqual([7, 2]);
  });
});
