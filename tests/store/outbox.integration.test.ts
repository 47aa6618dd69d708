/** The outbox as its claimants see it (P1, P13). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '../../runtime/log.js';
import { startDeliverer } from '../../server/deliver.js';
import { acknowledge, claimOutbox, type OutboxRow } from '../../store/outbox.js';
import { approveInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { passFreely } from '../../runtime/crash-points.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());
beforeEach(async () => {
  await test.database.pool.query(`UPDATE outbox SET state = 'done'`);
});

const claim = () => claimOutbox(test.database, 10);
const claimOne = async (): Promise<OutboxRow> => {
  const [row, ...others] = await claim();
  expect([row?.kind, others]).toEqual(['start', []]);
  return row!;
};
const stateOf = async ({ id }: OutboxRow): Promise<string> => {
  const sql = 'SELECT state FROM outbox WHERE id = $1';
  return (await test.database.pool.query<{ state: string }>(sql, [id])).rows[0]!.state;
};
/** As if the lease had been taken eleven seconds ago. */
const letLeaseEnd = () =>
  test.database.pool.query(`UPDATE outbox SET claimed_until = claimed_until - interval '11 s'`);

describe('a row of the outbox', () => {
  it('is delivered by one gateway at a time', async () => {
    await queueRun(test.database);
    await claimOne();
    expect(await claim()).toEqual([]);
  });

  it('that a dead gateway holds is taken over by another, whose word alone counts then', async () => {
    await queueRun(test.database);
    const first = await claimOne();
    await letLeaseEnd();
    const second = await claimOne();
    await acknowledge(test.database, first);
    expect(await stateOf(second)).toBe('pending');
    await acknowledge(test.database, second);
    expect(await stateOf(second)).toBe('done');
  });

  it('of an answer goes after the start of its run', async () => {
    await approveInRun(test.database, await queueRun(test.database));
    await acknowledge(test.database, await claimOne());
    expect((await claim()).map(({ kind }) => kind)).toEqual(['approvalDecided']);
  });

  it('is found without anybody saying that it is there', async () => {
    const delivered: string[] = [];
    const log = createLog({ service: 'test', level: 'error', format: 'json' });
    const deliver = async (row: OutboxRow): Promise<void> => {
      delivered.push(row.runId);
      await acknowledge(test.database, row);
    };
    const deliverer = startDeliverer({
      database: test.database,
      log,
      passPoint: passFreely,
      deliver,
    });
    const runId = await queueRun(test.database);
    try {
      await eventually('it is delivered', async () => delivered.includes(runId), 5_000);
    } finally {
      await deliverer.stop();
    }
  });
});
