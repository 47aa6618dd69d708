/** Streams show the turn under way: from its start, without a number, and void when it is (P6, P12). */
import { EventEmitter, once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { closeAttempt, openAttempt, writeDeltas, type AttemptAddress } from '../../store/deltas.js';
import { isLiveType } from '../../console/words/writing.js';
import type { EventView } from '../../contracts/event.js';
import { eventually } from '../support/eventually.js';
import { commitPlainTurn } from '../support/plain-turn.js';
import { createDice } from '../support/seed.js';
import { watchRun, type WatchedRun } from '../support/watched-run.js';
import { openGateway, type TestGateway } from './gateway.js';
import { readStream, type Frame } from './read-stream.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
afterEach(() => void jest.restoreAllMocks());

const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
async function newRun(): Promise<RunId> {
  const { id } = await gateway.local.start('Refund order 42');
  await openRun(gateway.test.database, addressOf(id), `engine-${id}`);
  return id;
}
async function open(runId: RunId, turn: number, engineAttempt: number): Promise<AttemptAddress> {
  const { pool } = gateway.test.database;
  const attempt = await openAttempt(pool, addressOf(runId), turn, engineAttempt);
  if (attempt === null) throw new Error('it was not opened');
  return attempt;
}
const write = (attempt: AttemptAddress, seq: number, text: string) =>
  writeDeltas(gateway.test.database.pool, [{ ...attempt, seq, text }]);
const close = (attempt: AttemptAddress) => closeAttempt(gateway.test.database.pool, attempt);
const commit = (runId: RunId, turn: number, text = '') =>
  commitPlainTurn(gateway.test.database, runId, turn, text);
const end = (runId: RunId) =>
  closeRun(gateway.test.database, addressOf(runId), { status: 'completed', code: null });

const watch = (runId: RunId, after: number | null = null) => watchRun(gateway.url, runId, after);
const liveOf = (frames: readonly Frame[]) =>
  frames.flatMap(({ event, data }): unknown[] => (isLiveType(event) ? [[event, data]] : []));
const seen = (watcher: WatchedRun, text: string) =>
  eventually(`"${text}" is shown`, async () => watcher.view()?.text === text, 5_000);

/** Says whether a query is a look at turns under way. */
const isLook = (asked: unknown): boolean => JSON.stringify(asked).includes('FROM delta');

describe('a reader of the stream', () => {
  test('is shown an attempt from its start, without ids, and then its committed turn', async () => {
    const runId = await newRun();
    const early = watch(runId);
    const attempt = await open(runId, 1, 1);
    await write(attempt, 1, 'Hello ');
    await seen(early, 'Hello ');
    const late = watch(runId);
    await seen(late, 'Hello ');
    await write(attempt, 2, 'world');
    await Promise.all([seen(early, 'Hello world'), seen(late, 'Hello world')]);
    await commit(runId, 1, 'Hello world');
    await close(attempt);
    await end(runId);
    for (const { frames, view, done } of [early, late]) {
      await done;
      expect(view()).toBeNull();
      const its = { runId, turn: 1, attempt: 1 };
      expect(liveOf(frames)[0]).toEqual(['attempt-started', its]);
      expect(
        frames.every(({ id, event }) => (id === null) === (isLiveType(event) || event === 'end')),
      ).toBe(true);
      const seqs = frames.flatMap(({ id }) => (id === null ? [] : [Number(id)]));
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(frames.some(({ event }) => event === 'attempt-discarded')).toBe(false);
      const said = frames.find(({ event }) => event === 'turn-committed')?.data as EventView;
      expect(said.data).toMatchObject({ turn: 1, text: 'Hello world' });
    }
    const texts = liveOf(late.frames).flatMap((each) => {
      const [type, data] = each as [string, { text: string }];
      return type === 'delta' ? [data.text] : [];
    });
    expect(texts).toEqual(['Hello ', 'world']);
  });

  test('loses the text of an attempt that failed or was superseded, and sees the new one', async () => {
    const runId = await newRun();
    const watcher = watch(runId);
    const first = await open(runId, 1, 1);
    await write(first, 1, 'stale');
    await seen(watcher, 'stale');
    const second = await open(runId, 1, 2);
    await write(second, 1, 'fresh');
    await seen(watcher, 'fresh');
    await close(second);
    await eventually('it is void', async () => watcher.view() === null, 5_000);
    await end(runId);
    await watcher.done;
    const discards = liveOf(watcher.frames).filter(
      (each) => (each as [string])[0] === 'attempt-discarded',
    );
    expect(discards).toEqual([
      ['attempt-discarded', { runId, turn: 1, attempt: 1, reason: 'superseded' }],
      ['attempt-discarded', { runId, turn: 1, attempt: 2, reason: 'failed' }],
    ]);
  });

  test('who knows that a turn is committed is never shown its text, whenever it comes', async () => {
    const dice = createDice('late readers');
    for (let round = 0; round < 12; round += 1) {
      const runId = await newRun();
      const attempt = await open(runId, 1, 1);
      await write(attempt, 1, 'of turn one');
      const first = watch(runId);
      await seen(first, 'of turn one');
      await commit(runId, 1);
      // The rows of the attempt are there still; the gateway may not have looked again.
      const { body } = await gateway.local.call<{ nextAfter: number }>(
        'GET',
        `/v1/runs/${runId}/events`,
      );
      await wait(dice.roll(120));
      const knowing = watch(runId, body.nextAfter);
      await wait(250);
      expect(knowing.frames).toEqual([]);
      await end(runId);
      await Promise.all([first.done, knowing.done]);
      expect(liveOf(knowing.frames)).toEqual([]);
    }
  });

  test('who is cut and comes back is shown the attempt from its start again', async () => {
    const runId = await newRun();
    const attempt = await open(runId, 1, 1);
    await write(attempt, 1, 'before ');
    const { frames } = await readStream(`${gateway.url}/v1/runs/${runId}/events`, null, 4);
    expect(frames.some(({ event }) => event === 'attempt-started')).toBe(true);
    const last = Number(frames.findLast(({ id }) => id !== null)?.id ?? 0);
    await write(attempt, 2, 'and after');
    const again = watch(runId, last);
    await seen(again, 'before and after');
    await end(runId);
    await again.done;
  });
});

test('a reader who comes while a look is under way is told nothing by it', async () => {
  const runId = await newRun();
  const attempt = await open(runId, 1, 1);
  await write(attempt, 1, 'of turn one');
  const first = watch(runId);
  await seen(first, 'of turn one');
  const { pool } = gateway.test.database;
  const ask = pool.query.bind(pool) as (...asked: unknown[]) => Promise<unknown>;
  const stage = new EventEmitter();
  const looked = once(stage, 'looked');
  jest.spyOn(pool, 'query').mockImplementation((async (...asked: unknown[]) => {
    const answer = await ask(...asked);
    if (!isLook(asked[0])) return answer;
    const released = once(stage, 'released');
    stage.emit('looked');
    await released;
    return answer;
  }) as never);
  await looked;
  await commit(runId, 1);
  const shown: string[] = [];
  const late = gateway.feed.subscribe(addressOf(runId), 1_000, {
    take: () => true,
    show: ({ type }) => shown.push(type) > 0,
    end: () => undefined,
    leave: () => undefined,
    beat: () => undefined,
  });
  jest.restoreAllMocks();
  stage.emit('released');
  await wait(300);
  expect(shown).toEqual([]);
  late.close();
  await end(runId);
  await first.done;
});

test('a gateway that missed the notification shows an attempt within a second or so', async () => {
  const runId = await newRun();
  const watcher = watch(runId);
  await eventually('it follows', async () => watcher.frames.length > 0);
  // Past the look that every new reader begins with.
  await wait(300);
  await gateway.test.database.pool.query(
    `INSERT INTO open_attempt (tenant_id, run_id, turn, attempt, engine_attempt)
     VALUES ('default', $1, 1, 1, 1)`,
    [runId],
  );
  await write({ ...addressOf(runId), turn: 1, attempt: 1 }, 1, 'unannounced');
  await seen(watcher, 'unannounced');
  await end(runId);
  await watcher.done;
});

test('nobody asks for text while no run that is followed has an open attempt', async () => {
  const runId = await newRun();
  const watcher = watch(runId);
  await eventually('it follows', async () => watcher.frames.length > 0);
  await wait(300);
  const query = jest.spyOn(gateway.test.database.pool, 'query');
  const looks = () => query.mock.calls.filter(([asked]) => isLook(asked)).length;
  await wait(600);
  expect(looks()).toBe(0);
  const attempt = await open(runId, 1, 1);
  await write(attempt, 1, 'now');
  await seen(watcher, 'now');
  const during = looks();
  expect(during).toBeGreaterThan(0);
  await close(attempt);
  await eventually('it is void', async () => watcher.view() === null, 5_000);
  await wait(200);
  const after = looks();
  await wait(500);
  expect(looks()).toBe(after);
  await end(runId);
  await watcher.done;
});

test('many runs that are watched cost one query a look', async () => {
  const runIds = await Promise.all(Array.from({ length: 20 }, newRun));
  const attempts = await Promise.all(runIds.map((runId) => open(runId, 1, 1)));
  const watchers = runIds.map((runId) => watch(runId));
  await Promise.all(attempts.map((attempt) => write(attempt, 1, attempt.runId)));
  await Promise.all(watchers.map((watcher, index) => seen(watcher, runIds[index] ?? '')));
  const query = jest.spyOn(gateway.test.database.pool, 'query');
  await wait(1_000);
  const looks = query.mock.calls.filter(([asked]) => isLook(asked));
  expect(looks.length).toBeGreaterThan(2);
  expect(looks.length).toBeLessThanOrEqual(11);
  await Promise.all(runIds.map(end));
  await Promise.all(watchers.map(({ done }) => done));
});

test('a page of JSON holds nothing of a turn under way', async () => {
  const runId = await newRun();
  const path = `/v1/runs/${runId}/events`;
  const before = (await gateway.local.call('GET', path)).body;
  await write(await open(runId, 1, 1), 1, 'provisional');
  expect((await gateway.local.call('GET', path)).body).toEqual(before);
});
