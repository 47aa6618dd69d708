/** An effect in our own Postgres: done and confirmed, or neither (P3). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { CallId } from '../../contracts/ids.js';
import type { Learned } from '../../store/call-attempt.js';
import { listEffects } from '../../store/effect-views.js';
import { startCall } from '../../store/call-start.js';
import { listCalls } from '../../store/calls.js';
import type { RunAddress } from '../../store/run-transaction.js';
import { transactionalEffect, type Query } from '../../store/transactional-effect.js';
import { planInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  const owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
  await owner.query('CREATE TABLE thing (run_id text); GRANT SELECT, INSERT ON thing TO PUBLIC');
  await owner.end();
});
afterAll(() => test.close());

interface Started {
  readonly address: RunAddress;
  readonly callId: CallId;
}

async function plan(): Promise<Started> {
  const runId = await queueRun(test.database);
  const planned = { verdict: 'allow', effect: 'transactional' } as const;
  const { callId } = await planInRun(test.database, runId, planned);
  return { address: { tenantId: 'default', runId }, callId };
}
/** Lets the next attempt start, and says under which fence. */
async function start({ address, callId }: Started): Promise<number> {
  const started = await startCall(test.database, address, callId, { ...terms, verdict: 'allow' });
  return started.kind === 'started' ? (started.fence ?? 0) : 0;
}
const done: Learned = { kind: 'done', result: '{}', externalRef: null };
const unknown: Learned = { kind: 'unknown', code: 'tool-unreachable', retryInMs: 1 };
const insert = ({ address }: Started, query: Query) =>
  query('INSERT INTO thing (run_id) VALUES ($1)', [address.runId]);
const work = (started: Started, fence: number, learned: Learned) =>
  transactionalEffect(test.database, started.address, started.callId, fence, async (query) => {
    await insert(started, query);
    return learned;
  });
/** As everybody else sees it. */
async function seen({ address }: Started) {
  const sql = 'SELECT count(*)::int AS things FROM thing WHERE run_id = $1';
  const { rows } = await test.database.pool.query<{ things: number }>(sql, [address.runId]);
  const [effect] = (await listEffects(test.database, address)) ?? [];
  return { things: rows[0]?.things, state: effect?.state };
}

describe('an effect in our own Postgres', () => {
  it('is done in the transaction that confirms it', async () => {
    const started = await plan();
    const fence = await start(started);
    let meanwhile: unknown;
    await transactionalEffect(
      test.database,
      started.address,
      started.callId,
      fence,
      async (query) => {
        await insert(started, query);
        meanwhile = await seen(started);
        return done;
      },
    );
    expect(meanwhile).toEqual({ things: 0, state: 'dispatched' });
    expect(await seen(started)).toEqual({ things: 1, state: 'confirmed' });
    expect(await listCalls(test.database, started.address)).toMatchObject([
      { outcome: 'succeeded' },
    ]);
  });

  it('leaves nothing behind when its work comes to nothing, and may be done again', async () => {
    const started = await plan();
    await work(started, await start(started), unknown);
    expect(await seen(started)).toEqual({ things: 0, state: 'intended' });
    await work(started, await start(started), done);
    expect(await seen(started)).toEqual({ things: 1, state: 'confirmed' });
    const refused = await plan();
    await work(refused, await start(refused), { kind: 'refused', message: 'no' });
    expect(await seen(refused)).toEqual({ things: 0, state: 'failed' });
  });

  it('does nothing at all in an attempt that another one has taken over from', async () => {
    const started = await plan();
    const [first, second] = [await start(started), await start(started)];
    expect(await work(started, first, done)).toEqual({ kind: 'superseded' });
    expect(await seen(started)).toEqual({ things: 0, state: 'dispatched' });
    await work(started, second, done);
    expect(await work(started, first, done)).toEqual({ kind: 'finished' });
    expect(await seen(started)).toEqual({ things: 1, state: 'confirmed' });
  });

  it('is undone with its connection, and done by the next attempt', async () => {
    const started = await plan();
    const fence = await start(started);
    const dying = transactionalEffect(
      test.database,
      started.address,
      started.callId,
      fence,
      async (query) => {
        await insert(started, query);
        await query('SELECT pg_terminate_backend(pg_backend_pid())', []);
        return done;
      },
    );
    await expect(dying).rejects.toThrow();
    expect(await seen(started)).toEqual({ things: 0, state: 'dispatched' });
    await work(started, await start(started), done);
    expect(await seen(started)).toEqual({ things: 1, state: 'confirmed' });
  });
});
