import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createDesk } from '../../../activities/tools/desk-client.js';
import type { Desk } from '../../../activities/tools/desk.js';

let server: Server | null = null;
let requests: string[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (server === null) return;
  server.close();
  await once(server, 'close');
  server = null;
});

/** A desk that does this with each request, whatever it says. */
async function serve(onRequest: (socket: Socket) => void, protocol = 'http'): Promise<Desk> {
  requests = [];
  server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    socket.once('data', (chunk) => {
      requests.push(chunk.toString());
      onRequest(socket);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `${protocol}://127.0.0.1:${port}/api/`;
  return createDesk({ url, token: 'desk_test_x', connectTimeoutMs: 200 });
}

const answering = (status: number, body: string, headers = '') =>
  serve((socket) => {
    const head = `HTTP/1.1 ${status} X\r\nconnection: close\r\n${headers}\r\n`;
    socket.end(head + body);
  });

const ticket = { subject: 's', body: 'b', requester: 'eve@example.com', externalRef: 'key_1' };
const patient = () => ({ signal: AbortSignal.timeout(5_000) });
const create = (desk: Desk, request = patient()) => desk.createTicket(ticket, request);
const unknown = { kind: 'unknown', code: 'tool-unreachable' };

describe('a request that changes something', () => {
  test('is sent once, below the path of the address, with the token', async () => {
    const desk = await answering(201, '{"id":"T-1","externalRef":"key_1"}');
    expect(await create(desk)).toEqual({
      kind: 'answered',
      value: { id: 'T-1', externalRef: 'key_1' },
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatch(/^POST \/api\/tickets HTTP/);
    expect(requests[0]).toMatch(/authorization: Bearer desk_test_x\r\n/i);
  });

  test('names ticket and note so that nothing in them is part of the path', async () => {
    const desk = await answering(200, '{}');
    await desk.putNote('T-1/notes', 'a?b', 'text', patient());
    expect(requests[0]).toMatch(/^PUT \/api\/tickets\/T-1%2Fnotes\/notes\/a%3Fb HTTP/);
  });

  test.each([
    [400, '', { kind: 'refused', message: 'The help desk refused it: status 400.' }],
    [
      409,
      '{"error":{"code":"ticket_closed","message":"private"}}',
      { kind: 'refused', message: 'The help desk refused it: ticket_closed.' },
    ],
    [
      422,
      '{"error":{"code":"no code, but a sentence"}}',
      { kind: 'refused', message: 'The help desk refused it: status 422.' },
    ],
    [429, '', { kind: 'not-sent', code: 'tool-unreachable' }],
    [408, '', unknown],
    [302, '', unknown],
    [500, '', unknown],
    [503, '', unknown],
    [201, '<html>', unknown],
    [201, '{}', unknown],
    [204, '', unknown],
  ])('answered by %i %s, ends so', async (status, body, outcome) => {
    expect(await create(await answering(status, body))).toEqual(outcome);
    expect(requests).toHaveLength(1);
  });

  test('waits as long as the desk asks for', async () => {
    const desk = await answering(429, '', 'retry-after: 7\r\n');
    expect(await create(desk)).toMatchObject({ kind: 'not-sent', retryAfterMs: 7_000 });
  });

  test.each([
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
    ['cut', (socket: Socket) => socket.destroy()],
    [
      'cut in the answer',
      (socket: Socket) => socket.end('HTTP/1.1 201 X\r\ncontent-length: 9\r\n\r\n{'),
    ],
  ])('%s, it may have been done, and is not sent again', async (_what, act) => {
    expect(await create(await serve(act))).toEqual(unknown);
    expect(requests).toHaveLength(1);
  });

  test('that is not answered in time may have been done', async () => {
    const desk = await serve(() => undefined);
    expect(await create(desk, { signal: AbortSignal.timeout(100) })).toEqual(unknown);
  });

  test('was not sent where no connection came about', async () => {
    const notSent = { kind: 'not-sent', code: 'tool-unreachable' };
    // A TLS handshake that the other side never answers.
    const silent = await serve(() => undefined, 'https');
    const from = performance.now();
    expect(await create(silent)).toEqual(notSent);
    expect(performance.now() - from).toBeLessThan(2_000);
    const options = { token: 'x', connectTimeoutMs: 2_000 };
    expect(await create(createDesk({ url: 'http://127.0.0.1:1', ...options }))).toEqual(notSent);
    expect(await create(silent, { signal: AbortSignal.abort() })).toEqual(notSent);
  });
});

describe('a search', () => {
  const find = (desk: Desk) => desk.findTickets('key_1', patient());

  test('finds what is of this reference', async () => {
    const desk = await answering(200, '{"data":[{"id":"T-1","externalRef":"key_1"}]}');
    expect(await find(desk)).toEqual({
      kind: 'answered',
      tickets: [{ id: 'T-1', externalRef: 'key_1' }],
    });
    expect(requests[0]).toMatch(/^GET \/api\/tickets\?externalRef=key_1 HTTP/);
  });

  test.each([
    ['an error', 500, '{"data":[]}'],
    ['a refusal', 404, '{"data":[]}'],
    ['no list', 200, '{}'],
    ['a list of something else', 200, '{"data":[{"id":"T-1","externalRef":"key_2"}]}'],
    ['a list of who knows what', 200, '{"data":[{"id":"T-1"}]}'],
  ])('settles nothing by %s', async (_what, status, body) => {
    expect(await find(await answering(status, body))).toEqual({
      kind: 'inconclusive',
      code: 'tool-unreachable',
    });
  });
});
