/** The one way to write to a run: all of it or nothing, events numbered without gaps (P6). */
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readEvents } from '../../store/events.js';
import { inRun, inRunWith, type RunTransaction } from '../../store/run-transaction.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const until = null as unknown as string;
const retry = (n: number) =>
  ({
    type: 'turn-retrying',
    key: `test:${n}`,
    data: { turn: 1, attempt: n, code: 'model-overloaded', until },
  }) as const;
const newAddress = async () => ({ tenantId: 'default', runId: await queueRun(test.database) });
type Address = Awaited<ReturnType<typeof newAddress>>;
const change = (address: Address, work: (transaction: RunTransaction) => void) =>
  inRun(test.database, address, [], work);
const keysOf = async (address: Address) =>
  (await readEvents(test.database, address, 0, 1_000))!.map(
    ({ seq, data }) => [seq, (data as { attempt?: number }).attempt ?? 0] as const,
  );

it('a fact that the run has already is left out, and takes no number', async () => {
  const address = await newAddress();
  const appendAll = (...numbers: number[]) =>
    change(address, ({ append }) => numbers.forEach((n) => append(retry(n))));
  await appendAll(1, 2);
  await appendAll(2, 1);
  await appendAll(1, 3, 2, 4);
  expect(await keysOf(address)).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
    [4, 3],
    [5, 4],
  ]);
});

it('writers at once are one after another: no event is lost and none has another’s number', async () => {
  const address = await newAddress();
  const numbers = Array.from({ length: 40 }, (_, index) => index + 1);
  await Promise.all(numbers.map((n) => change(address, ({ append }) => append(retry(n)))));
  const events = await keysOf(address);
  expect(events.map(([seq]) => seq)).toEqual([1, ...numbers.map((n) => n + 1)]);
  expect(events.map(([, n]) => n).toSorted((a, b) => a - b)).toEqual([0, ...numbers]);
});

it('a change that finds another row than it expects is undone as a whole', async () => {
  const address = await newAddress();
  const changing = change(address, ({ append, write }) => {
    append(retry(1));
    write(
      `UPDATE run SET tags = '{changed}' WHERE id = $1 AND status = 'completed'`,
      address.runId,
    );
  });
  await expect(changing).rejects.toThrow('a write touched 0 rows');
  expect(await keysOf(address)).toEqual([[1, 0]]);
});

it('one that stops in the middle of a change gives its run back within seconds', async () => {
  const address = await newAddress();
  const stopped = await test.database.pool.connect();
  try {
    await stopped.query('BEGIN');
    await stopped.query('SELECT 1 FROM run WHERE id = $1 FOR NO KEY UPDATE', [address.runId]);
    await change(address, ({ append }) => append(retry(1)));
  } finally {
    stopped.release(true);
  }
  expect(await keysOf(address)).toEqual([
    [1, 0],
    [2, 1],
  ]);
});

it('one that stood still itself, until Postgres ended its session, makes its change anew', async () => {
  const address = await newAddress();
  let attempts = 0;
  const made = await inRunWith(
    test.database,
    address,
    [],
    async (client) => {
      attempts += 1;
      if (attempts > 1) return;
      await client.query(`SET LOCAL idle_in_transaction_session_timeout = '20ms'`);
      // Its process is stopped: nobody reads that the session is gone.
      await once(client, 'error');
    },
    ({ append }) => {
      append(retry(1));
      return 'made';
    },
  );
  expect([made, attempts]).toEqual(['made', 2]);
  expect(await keysOf(address)).toEqual([
    [1, 0],
    [2, 1],
  ]);
});
