/** Streams of events: cut anywhere and picked up again, each event once and in order (P6). */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { streamEvents } from '../../contracts/limits.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { inRun } from '../../store/run-transaction.js';
import { askRun } from '../support/asked-run.js';
import { openGateway, type TestGateway } from './gateway.js';
import { readStream, type Frame } from './read-stream.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
/** Appends one event, as any change of a run does. */
const append = (runId: RunId, n: number) => appendAll(runId, [n]);
const appendAll = (runId: RunId, numbers: readonly number[]) =>
  inRun(gateway.test.database, addressOf(runId), [], ({ append: add }) => {
    for (const n of numbers) add({ type: 'turn-retrying', key: `test:${n}`, data: retry(n) });
  });
const retry = (n: number) => ({ turn: 1, attempt: n, code: 'model-overloaded', until: null });
const close = (runId: RunId) =>
  closeRun(gateway.test.database, addressOf(runId), { status: 'completed', code: null });
const seqsOf = (frames: readonly Frame[]): number[] =>
  frames.filter(({ id }) => id !== null).map(({ id }) => Number(id));
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const stream = (runId: RunId, after: number | null, stopAfter = Infinity) =>
  readStream(`${gateway.url}/v1/runs/${runId}/events`, after, stopAfter);

test('a client that is cut 50 times ends with each event once, in order', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  const writing = (async () => {
    for (let n = 1; n <= 300; n += 1) await append(runId, n);
    await close(runId);
  })();
  const frames: Frame[] = [];
  let cuts = 0;
  for (;;) {
    const last = frames.findLast(({ id }) => id !== null)?.id ?? null;
    const most = cuts < 50 ? 1 + Math.floor(Math.random() * 5) : Infinity;
    const part = await stream(runId, last === null ? null : Number(last), most);
    frames.push(...part.frames);
    if (part.isEnded) break;
    cuts += 1;
  }
  await writing;
  const { body } = await gateway.local.call<{ data: { seq: number }[] }>(
    'GET',
    `/v1/runs/${runId}/events?limit=1000`,
  );
  expect(cuts).toBeGreaterThanOrEqual(50);
  expect(seqsOf(frames)).toEqual(upTo(body.data.length));
  expect(frames.at(-1)).toEqual({ id: null, event: 'end', data: { runId } });
  expect(frames.at(-2)).toMatchObject({ event: 'run-completed', data: body.data.at(-1) });
});

test('many followers of one run all see everything, from wherever they begin', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  const following = Promise.all(
    Array.from({ length: 40 }, (_, index) => stream(runId, index % 4).then((part) => part.frames)),
  );
  for (let n = 1; n <= 50; n += 1) await append(runId, n);
  await close(runId);
  const all = await following;
  const last = Math.max(...all.flatMap(seqsOf));
  for (const [index, frames] of all.entries()) {
    expect(seqsOf(frames)).toEqual(upTo(last).slice(index % 4));
  }
});

test('an event reaches its followers soon after its commit', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  const lags: number[] = [];
  const done = readStream(`${gateway.url}/v1/runs/${runId}/events`, null, Infinity, ({ data }) => {
    const { at } = data as { at?: string };
    if (at !== undefined) lags.push(Date.now() - Date.parse(at));
  });
  for (let n = 1; n <= 40; n += 1) {
    await append(runId, n);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await close(runId);
  await done;
  // Without a notification the sweep of every second would bring them, after half of one.
  const live = lags.slice(-30).toSorted((left, right) => left - right);
  expect(live.at(live.length / 2)).toBeLessThan(250);
});

describe('a stream', () => {
  test('of a run that has ended ends at once, also from beyond its end', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    await close(runId);
    const whole = await stream(runId, null);
    const last = seqsOf(whole.frames).length;
    for (const after of [last, last + 100]) {
      const { frames, isEnded } = await stream(runId, after);
      expect([frames.length, isEnded]).toEqual([1, true]);
    }
  });

  test('of a long run is read without waiting between its pages', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    await appendAll(runId, upTo(20 * streamEvents));
    await close(runId);
    const from = performance.now();
    const { frames, isEnded } = await stream(runId, null);
    // The sweep of every second would take 20 s.
    expect(performance.now() - from).toBeLessThan(10_000);
    expect([isEnded, seqsOf(frames)]).toEqual([true, upTo(frames.length - 1)]);
  });

  test('says in its head how to come back and that nobody may keep it', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    const { headers, text } = await stream(runId, null, 1);
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toContain('no-store');
    expect(headers.get('content-encoding')).toBeNull();
    expect(text.startsWith('retry: 1000\n\n')).toBe(true);
  });

  test('prefers what the browser remembers to the address', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    const { frames } = await readStream(`${gateway.url}/v1/runs/${runId}/events?after=0`, 2, 1);
    expect(seqsOf(frames)).toEqual([3]);
  });

  test.each(['-1', '1.5', 'x', '2147483648'])('from %s is malformed', async (position) => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    const headers = { accept: 'text/event-stream' };
    const path = `/v1/runs/${runId}/events`;
    const asQuery = await gateway.local.call(
      'GET',
      `${path}?after=${position}`,
      undefined,
      headers,
    );
    const asHeader = await gateway.local.call('GET', path, undefined, {
      ...headers,
      'last-event-id': position,
    });
    expect([asQuery.status, asHeader.status]).toEqual([400, 400]);
  });

  test('of nothing is not found', async () => {
    const path = '/v1/runs/run_00000000-0000-7000-8000-000000000000/events';
    const headers = { accept: 'text/event-stream' };
    expect((await gateway.local.call('GET', path, undefined, headers)).status).toBe(404);
    expect((await gateway.local.call('GET', path)).status).toBe(404);
  });

  test('goes on after the listening connection was lost', async () => {
    const { runId } = await askRun(gateway.local, gateway.test.database);
    const following = stream(runId, null);
    await gateway.test.database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()`,
    );
    for (let n = 1; n <= 5; n += 1) await append(runId, n);
    await close(runId);
    const { frames, isEnded } = await following;
    expect(isEnded).toBe(true);
    expect(seqsOf(frames)).toEqual(upTo(seqsOf(frames).length));
  });
});

test('a page of JSON says where the next one starts', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  const path = `/v1/runs/${runId}/events`;
  type Page = { data: { seq: number }[]; nextAfter: number };
  const first = (await gateway.local.call<Page>('GET', `${path}?limit=2`)).body;
  expect([first.data.map(({ seq }) => seq), first.nextAfter]).toEqual([[1, 2], 2]);
  const empty = (await gateway.local.call<Page>('GET', `${path}?after=900`)).body;
  expect([empty.data, empty.nextAfter]).toEqual([[], 900]);
});
