/** A reader of live text who does not read: others are not held up, and little is held for him (P6, P9). */
import { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { liveCharacters, streamBufferBytes } from '../../contracts/limits.js';
import { openAttempt, writeDeltas } from '../../store/deltas.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { eventually } from '../support/eventually.js';
import { commitPlainTurn } from '../support/plain-turn.js';
import { watchRun } from '../support/watched-run.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());
afterEach(() => void jest.restoreAllMocks());

/** Less than one event may say; many of them are more than the kernel takes. */
const characters = liveCharacters - 1_000;
const mostRounds = 120;
const roundsAfterFull = 4;

/** What waits in the gateway for each of its streams, in bytes, at most and now. */
function watchBuffers(): () => readonly { readonly most: number; readonly now: number }[] {
  const most = new Map<ServerResponse, number>();
  const { write } = ServerResponse.prototype;
  jest.spyOn(ServerResponse.prototype, 'write').mockImplementation(function (
    this: ServerResponse,
    chunk: unknown,
  ) {
    const hasRoom = write.call(this, chunk as string, 'utf8');
    most.set(this, Math.max(most.get(this) ?? 0, this.writableLength));
    return hasRoom;
  } as never);
  return () =>
    [...most].map(([response, bytes]) => ({ most: bytes, now: response.writableLength }));
}

/** Opens a stream and reads nothing of it. */
function openUnread(runId: RunId): Socket {
  const socket = connect(gateway.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  const head = ['Accept: text/event-stream', `Host: 127.0.0.1:${gateway.port}`];
  socket.write([`GET /v1/runs/${runId}/events HTTP/1.1`, ...head, '', ''].join('\r\n'));
  return socket;
}

test('a reader of live text who does not read holds up nobody, and gets the rest when he does', async () => {
  const { pool } = gateway.test.database;
  const { id: runId } = await gateway.local.start('Refund order 42');
  const address = { tenantId: 'default', runId };
  await openRun(gateway.test.database, address, `engine-${runId}`);
  const buffers = watchBuffers();
  const fullest = () => Math.max(0, ...buffers().map(({ now }) => now));
  const slow = openUnread(runId);
  const quick = watchRun(gateway.url, runId);
  await eventually('both follow', async () => buffers().length >= 2);

  const textOf = (round: number): string => `${round} `.padEnd(characters, 'x');
  let round = 0;
  let roundsFull = 0;
  while (roundsFull < roundsAfterFull && round < mostRounds) {
    round += 1;
    const attempt = await openAttempt(pool, address, 1, round);
    await writeDeltas(pool, [{ ...attempt!, seq: 1, text: textOf(round) }]);
    await eventually('the other one sees it', async () => quick.view()?.text === textOf(round));
    if (fullest() >= streamBufferBytes) roundsFull += 1;
  }
  expect(roundsFull).toBe(roundsAfterFull);
  // A buffer that is all but full takes one more event.
  const bound = streamBufferBytes + liveCharacters + 1_000;
  expect(Math.max(...buffers().map(({ most }) => most))).toBeLessThan(bound);

  let read = '';
  slow.setEncoding('utf8').on('data', (chunk: string) => (read += chunk));
  slow.resume();
  await eventually('the slow one sees what is said now', async () => read.includes(textOf(round)));
  await commitPlainTurn(gateway.test.database, runId, 1, 'At last.');
  await closeRun(gateway.test.database, address, { status: 'completed', code: null });
  await quick.done;
  await eventually('the slow one has the end', async () => read.includes('event: end\n'));
  expect(read).toContain('event: turn-committed\n');
  slow.destroy();
});
