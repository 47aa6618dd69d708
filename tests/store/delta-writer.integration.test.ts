/** The writer of passing text: batched, without a gap, and never more than a bound when Postgres is away. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { liveCharacters } from '../../contracts/limits.js';
import { createLog } from '../../runtime/log.js';
import { createDeltaWriter, type DeltaWriter } from '../../store/delta-writer.js';
import { openAttempt } from '../../store/deltas.js';
import { openRun } from '../../store/run-lifecycle.js';
import { startProxy, type Proxy } from '../faults/proxy.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { createDice } from '../support/seed.js';
import { passingRowsOf, writingOf } from '../support/writing.js';

let testing: TestDatabase;
let proxy: Proxy;
let writer: DeltaWriter;
const log = createLog({ service: 'test', level: 'error', format: 'json' });
beforeAll(async () => {
  testing = await openTestDatabase();
  const url = new URL(testing.url);
  proxy = await startProxy(Number(url.port), createDice('delta writer'));
  url.port = String(proxy.port);
  writer = createDeltaWriter({ url: url.href, log });
});
afterEach(() => proxy.setWeather({ kind: 'clear' }));
afterAll(async () => {
  await writer.close();
  await proxy.close();
  await testing.close();
});

const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
async function newRun(): Promise<RunId> {
  const runId = await queueRun(testing.database);
  await openRun(testing.database, addressOf(runId), `engine-${runId}`);
  return runId;
}
const textOf = async (runId: RunId) => (await writingOf(testing.database, runId)).text;
const seen = (runId: RunId, text: string) =>
  eventually('the text is there', async () => (await textOf(runId)) === text, 10_000);
const piecesOf = async (runId: RunId): Promise<readonly string[]> => {
  const { rows } = await testing.database.pool.query<{ text: string }>(
    'SELECT text FROM delta WHERE run_id = $1 ORDER BY seq',
    [runId],
  );
  return rows.map(({ text }) => text);
};

test('the first text is there at once, what follows in a few pieces, and nothing after the close', async () => {
  const runId = await newRun();
  const text = writer.open(addressOf(runId), 1, 1);
  text.add('First ');
  await seen(runId, 'First ');
  const from = performance.now();
  const words = Array.from({ length: 100 }, (_, index) => `${index} `);
  for (const word of words) {
    text.add(word);
    await wait(5);
  }
  await seen(runId, `First ${words.join('')}`);
  const quarters = (performance.now() - from) / 250;
  expect((await piecesOf(runId)).length).toBeLessThanOrEqual(2 + quarters);
  text.close();
  await eventually(
    'nothing is left',
    async () => (await passingRowsOf(testing.database, runId)) === 0,
  );
});

test('an attempt that others have superseded falls silent, and takes more text without harm', async () => {
  const runId = await newRun();
  const old = writer.open(addressOf(runId), 1, 1);
  old.add('old');
  await seen(runId, 'old');
  expect(await openAttempt(testing.database.pool, addressOf(runId), 1, 2)).toMatchObject({
    attempt: 2,
  });
  old.add(' and late');
  await wait(400);
  old.close();
  await wait(100);
  expect(await writingOf(testing.database, runId)).toMatchObject({ attempt: 2, text: '' });
});

test('a character that comes in two halves is whole, and what Postgres refuses is replaced', async () => {
  const runId = await newRun();
  const text = writer.open(addressOf(runId), 1, 1);
  text.add('\uD83D');
  await wait(300);
  text.add('\uDE00 \0');
  await seen(runId, '😀 \uFFFD');
  text.close();
});

test('an attempt that says nothing for long is not lost while its writer lives', async () => {
  const runId = await newRun();
  const text = writer.open(addressOf(runId), 1, 1);
  await eventually('it is open', async () => (await writingOf(testing.database, runId)).turn === 1);
  const seenAt = async () => {
    const sql = 'SELECT seen_at AS at FROM open_attempt WHERE run_id = $1';
    return (await testing.database.pool.query<{ at: string }>(sql, [runId])).rows[0]?.at;
  };
  const before = await seenAt();
  await eventually('it gives a sign of life', async () => (await seenAt()) !== before, 5_000);
  text.close();
});

describe('while Postgres is away', () => {
  test('text waits, what is shown stays a beginning of it, and all of it comes later', async () => {
    const dice = createDice('away');
    const runId = await newRun();
    const text = writer.open(addressOf(runId), 1, 1);
    let written = '';
    for (let word = 0; word < 120; word += 1) {
      if (word % 10 === 5) proxy.cut();
      if (word % 20 === 0)
        proxy.setWeather({ kind: 'lost-replies', afterBytes: 200 + dice.roll(3_000) });
      if (word % 20 === 12) proxy.setWeather({ kind: 'refusing' });
      text.add(`${word} `);
      written += `${word} `;
      await wait(10);
      expect(written.startsWith(await textOf(runId))).toBe(true);
    }
    proxy.setWeather({ kind: 'clear' });
    await seen(runId, written);
    text.close();
  });

  test('no more than a bound is kept, and what is shown in the end is the beginning', async () => {
    const runId = await newRun();
    const text = writer.open(addressOf(runId), 1, 1);
    text.add('beginning ');
    await seen(runId, 'beginning ');
    proxy.setWeather({ kind: 'refusing' });
    proxy.cut();
    const flood = 'x'.repeat(1_000);
    const from = performance.now();
    for (let sent = 0; sent < 4 * liveCharacters; sent += flood.length) text.add(flood);
    // It waits for nothing: the model is asked at the pace of the model.
    expect(performance.now() - from).toBeLessThan(1_000);
    proxy.setWeather({ kind: 'clear' });
    await seen(runId, `beginning ${'x'.repeat(liveCharacters - 'beginning '.length)}`);
    text.close();
  });
});
