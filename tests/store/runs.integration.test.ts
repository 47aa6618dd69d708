import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { readEvents } from '../../store/events.js';
import { acknowledge, claimOutbox } from '../../store/outbox.js';
import { closeRun, openRun, requestCancel } from '../../store/run-lifecycle.js';
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

describe('a run that is accepted', () => {
  it('is written with its start or not at all', async () => {
    const owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
    const count = async () => (await owner.query('SELECT count(*)::int AS n FROM run')).rows[0].n;
    const before = await count();
    await owner.query('ALTER TABLE outbox ADD CONSTRAINT no_more CHECK (id < 0) NOT VALID');
    await expect(queueRun(test.database)).rejects.toMatchObject({ code: '23514' });
    await owner.query('ALTER TABLE outbox DROP CONSTRAINT no_more');
    const after = await count();
    await owner.end();
    expect(after).toBe(before);
  });

  it('belongs to the first workflow of the engine that opens it, and to no other', async () => {
    const address = { tenantId: 'default', runId: await queueRun(test.database) };
    const open = (engineRunId: string) => openRun(test.database, address, engineRunId);
    expect(await open('first')).toMatchObject({ kind: 'opened' });
    expect(await open('second')).toEqual({ kind: 'refused' });
    expect(await open('first')).toMatchObject({ kind: 'opened' });
  });

  it('whose start was delivered is cancelled through the engine, which may have begun', async () => {
    const address = { tenantId: 'default', runId: await queueRun(test.database) };
    for (const row of await claimOutbox(test.database, 100)) await acknowledge(test.database, row);
    await requestCancel(test.database, address, { by: 'otto', reason: null }, null);
    expect((await findRun(test.database, address))?.status).toBe('queued');
    const left = await claimOutbox(test.database, 100);
    expect(left.map(({ runId, kind }) => [runId, kind])).toEqual([[address.runId, 'cancel']]);
  });

  it('ends once: an end that comes later changes nothing', async () => {
    const address = { tenantId: 'default', runId: await queueRun(test.database) };
    await closeRun(test.database, address, { status: 'failed', code: 'model-refused' });
    const first = await findRun(test.database, address);
    await closeRun(test.database, address, { status: 'completed', code: null });
    expect(await findRun(test.database, address)).toEqual(first);
    expect(first).toMatchObject({ status: 'failed', failure: { code: 'model-refused' } });
  });

  it('and withdrawn before its start arrives tells a start that arrives after all', async () => {
    const address = { tenantId: 'default', runId: await queueRun(test.database) };
    await requestCancel(test.database, address, { by: 'otto', reason: null }, null);
    expect(await openRun(test.database, address, 'late')).toEqual({
      kind: 'over',
      status: 'cancelled',
    });
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
