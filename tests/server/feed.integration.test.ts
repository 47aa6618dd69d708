/** The feed when something is missing: a notification, the connection, room, or a reader who reads (P6, P9). */
import { connect } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { openStreams, streamBufferBytes } from '../../contracts/limits.js';
import { createLog } from '../../runtime/log.js';
import { createFeed, type Feed } from '../../server/feed.js';
import type { Reader } from '../../server/topics.js';
import { inRun } from '../../store/run-transaction.js';
import { askRun } from '../support/asked-run.js';
import { eventually } from '../support/eventually.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
afterEach(() => void jest.useRealTimers());

const log = createLog({ service: 'test', level: 'error', format: 'json' });
const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
const newRun = async () => (await askRun(gateway.local, gateway.test.database)).runId;
/** Appends `count` events whose data are about so many characters long. */
const append = (runId: RunId, name: string, count = 1, characters = 1) =>
  inRun(gateway.test.database, addressOf(runId), [], ({ append: add }) => {
    const until = 'x'.repeat(characters);
    for (let n = 0; n < count; n += 1) {
      const data = { turn: 1, attempt: n, code: 'model-overloaded', until } as const;
      add({ type: 'turn-retrying', key: `${name}:${n}`, data });
    }
  });
const reader = (seen: string[]): Reader => ({
  take: ({ type }) => seen.push(type) > 0,
  show: ({ type }) => seen.push(type) > 0,
  end: () => undefined,
  leave: () => undefined,
  beat: () => undefined,
});
/** Fakes one kind of timer and leaves everything else as it is. */
function fake(...faked: readonly ('setInterval' | 'setTimeout')[]): void {
  const timers = ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] as const;
  const rest = ['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const;
  const immediate = ['setImmediate', 'clearImmediate'] as const;
  const isReal = (name: string): boolean =>
    !faked.some((one) => name === one || name === one.replace('set', 'clear'));
  jest.useFakeTimers({ doNotFake: [...timers.filter(isReal), ...rest, ...immediate] });
}

/** A feed of its own, whose sweep of every second never comes when `isSwept` is false. */
async function withFeed(
  { listenUrl, isSwept }: { readonly listenUrl: string; readonly isSwept: boolean },
  work: (feed: Feed) => Promise<void>,
): Promise<void> {
  if (!isSwept) fake('setInterval');
  const feed = createFeed({ database: gateway.test.database, listenUrl, log });
  try {
    await work(feed);
  } finally {
    await feed.close();
  }
}

describe('a follower learns of an event', () => {
  test('that nobody notified, by the look of every second', async () => {
    const runId = await newRun();
    const seen: string[] = [];
    const listenUrl = 'postgres://nobody@127.0.0.1:1/nothing';
    await withFeed({ listenUrl, isSwept: true }, async (feed) => {
      feed.subscribe(addressOf(runId), 0, reader(seen));
      await eventually('it has what was there', async () => seen.length > 0);
      await append(runId, 'swept');
      await eventually('it has the event', async () => seen.includes('turn-retrying'), 5_000);
    });
  });

  test('that was committed while the listening connection was lost, by the look after it', async () => {
    const runId = await newRun();
    const seen: string[] = [];
    const { url: listenUrl, database } = gateway.test;
    await withFeed({ listenUrl, isSwept: false }, async (feed) => {
      feed.subscribe(addressOf(runId), 0, reader(seen));
      await eventually('it listens', async () => feed.isListening && seen.length > 0);
      await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()`,
      );
      await eventually('the loss is seen', async () => !feed.isListening);
      await append(runId, 'lost');
      await eventually('it has the event', async () => seen.includes('turn-retrying'), 5_000);
    });
  });
});

test('one who comes while others are ahead misses nothing', async () => {
  const runId = await newRun();
  await append(runId, 'more', 5);
  const seen: Readonly<Record<'ahead' | 'behind', number[]>> = { ahead: [], behind: [] };
  const follow = (after: number, seqs: number[]) => {
    const take: Reader['take'] = ({ seq }) => seqs.push(seq) > 0;
    return gateway.feed.subscribe(addressOf(runId), after, { ...reader([]), take });
  };
  // The second comes while what the first lacks is being read.
  const following = [follow(5, seen.ahead), follow(0, seen.behind)];
  await eventually('both have the last one', async () => {
    return [seen.ahead, seen.behind].every((seqs) => (seqs.at(-1) ?? 0) >= 10);
  });
  for (const subscription of following) subscription.close();
  expect(seen.ahead[0]).toBe(6);
  expect(seen.behind).toEqual([1, 2, 3, 4, 5, ...seen.ahead]);
});

test('more streams than one gateway keeps are refused, and one that ends makes room', async () => {
  const runId = await newRun();
  const url = `${gateway.url}/v1/runs/${runId}/events`;
  const open = async () => {
    const cut = new AbortController();
    const headers = { accept: 'text/event-stream' };
    const { status, headers: its } = await fetch(url, { headers, signal: cut.signal });
    cut.abort();
    return [status, its.get('content-type'), its.get('retry-after')];
  };
  const [first, ...others] = Array.from({ length: openStreams }, () =>
    gateway.feed.subscribe(addressOf(runId), 0, reader([])),
  );
  try {
    expect(await open()).toEqual([429, 'application/problem+json; charset=utf-8', '5']);
    first!.close();
    expect(await open()).toEqual([200, 'text/event-stream; charset=utf-8', null]);
  } finally {
    for (const subscription of others) subscription.close();
  }
});

describe('a reader that takes nothing', () => {
  /** A stream of more than any buffer on its way holds, opened by someone who does not read it. */
  async function openUnread() {
    const runId = await newRun();
    await append(runId, 'big', events, streamBufferBytes / 16);
    const seen = { fullSince: Infinity, isClosed: false };
    const { subscribe } = gateway.feed;
    jest.spyOn(gateway.feed, 'subscribe').mockImplementation((address, after, own) => {
      const take: Reader['take'] = (event) => {
        const hasRoom = own.take(event);
        if (!hasRoom) seen.fullSince = performance.now();
        return hasRoom;
      };
      const subscription = subscribe(address, after, { ...own, take });
      const close = (): void => {
        seen.isClosed = true;
        subscription.close();
      };
      const resume = (): void => {
        seen.fullSince = Infinity;
        subscription.resume();
      };
      return { resume, close };
    });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    const head = ['Accept: text/event-stream', `Host: 127.0.0.1:${gateway.port}`];
    socket.write([`GET /v1/runs/${runId}/events HTTP/1.1`, ...head, '', ''].join('\r\n'));
    // Full, and not only until the kernel has taken some more.
    const isStuck = async () => performance.now() - seen.fullSince > 250;
    await eventually('nothing more fits', isStuck);
    return { socket, seen };
  }
  const events = 800;
  afterEach(() => void jest.restoreAllMocks());

  test('is dropped after a while, and holds nothing any more', async () => {
    fake('setTimeout');
    const { socket, seen } = await openUnread();
    expect(seen.isClosed).toBe(false);
    jest.advanceTimersByTime(15_000);
    await eventually('it is dropped', async () => seen.isClosed, 3_000);
    socket.destroy();
  });

  test('but goes on in time gets everything, each event once', async () => {
    const { socket } = await openUnread();
    const ids: number[] = [];
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      ids.push(
        ...lines.filter((line) => line.startsWith('id: ')).map((line) => Number(line.slice(4))),
      );
    });
    socket.resume();
    await eventually('it has the last one', async () => ids.length >= events + 5, 20_000);
    expect(ids).toEqual(ids.map((_, index) => index + 1));
    socket.destroy();
  });
});
