import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOpenRuns } from '../../store/open-summary.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { askInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';

let test: TestDatabase;
beforeEach(async () => {
  test = await openTestDatabase();
});
afterEach(() => test.close());

describe('the runs that are open', () => {
  it('are none in a new database', async () => {
    const none = { total: 0, forPeople: 0, inEngine: 0, first: [] };
    expect(await readOpenRuns({ url: test.url, limit: 5 })).toEqual(none);
  });

  it('are counted whole and named up to a limit, those that wait for a person first', async () => {
    const { database, url } = test;
    const first = await queueRun(database);
    const [asked, cancelled] = [await queueRun(database), await queueRun(database)];
    await askInRun(database, asked);
    const address = { tenantId: 'default', runId: cancelled } as const;
    await requestCancel(database, address, { by: 'otto', reason: null }, null);
    const open = await readOpenRuns({ url, limit: 5 });
    expect(open).toMatchObject({ total: 2, forPeople: 1, inEngine: 1 });
    expect(open.first.map(({ id, status }) => [id, status])).toEqual([
      [asked, 'waiting'],
      [first, 'queued'],
    ]);
    expect(open.first[0]?.waitingFor).toMatchObject([{ kind: 'approval', who: 'approver' }]);
    const one = await readOpenRuns({ url, limit: 1 });
    expect(one).toMatchObject({ total: 2, first: [{ id: asked }] });
  });

  it('are those of before, when asked for those', async () => {
    const { database, url } = test;
    await queueRun(database);
    const before = new Date(Date.now() - 60_000);
    expect(await readOpenRuns({ url, limit: 5, before })).toMatchObject({ total: 0 });
  });

  it('are not in the engine until their start has arrived there', async () => {
    const { database, url, ownerUrl } = test;
    const runId = await queueRun(database);
    expect(await readOpenRuns({ url, limit: 1 })).toMatchObject({ total: 1, inEngine: 0 });
    await database.pool.query(
      `UPDATE outbox SET delivered_at = clock_timestamp() WHERE run_id = $1`,
      [runId],
    );
    expect(await readOpenRuns({ url: ownerUrl, limit: 1 })).toMatchObject({ inEngine: 1 });
  });
});
