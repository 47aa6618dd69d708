import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readEvents } from '../../store/events.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

describe('a run that was never started', () => {
  it('is queued, waits for temporal, and ends at once when it is cancelled', async () => {
    const runId = await queueRun(test.database);
    const address = { tenantId: 'default', runId };
    expect(await findRun(test.database, address)).toMatchObject({
      status: 'queued',
      waitingFor: [{ kind: 'dependency', who: 'temporal' }],
    });
    await requestCancel(test.database, address, { by: 'otto', reason: 'changed my mind' }, null);
    expect(await findRun(test.database, address)).toMatchObject({
      status: 'cancelled',
      failure: { code: 'run-cancelled', message: expect.stringContaining('changed my mind') },
    });
    const events = await readEvents(test.database, address, 0, 100);
    expect(events?.map(({ seq, type }) => [seq, type])).toEqual([
      [1, 'run-created'],
      [2, 'cancel-requested'],
      [3, 'run-cancelled'],
    ]);
  });
});

describe('the runtime role', () => {
  it('owns nothing and can’t change what is written once', async () => {
    const runId = await queueRun(test.database);
    const refused = [
      `UPDATE event SET data = '{}' WHERE run_id = '${runId}'`,
      `DELETE FROM event WHERE run_id = '${runId}'`,
      'UPDATE message SET content = content',
      'UPDATE decision SET decision = decision',
      'UPDATE agent_version SET spec = spec',
      'ALTER TABLE run ADD COLUMN x text',
      'DROP TABLE run',
      'SELECT * FROM _prisma_migrations',
    ];
    for (const sql of refused) {
      await expect(test.database.pool.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
  });
});
