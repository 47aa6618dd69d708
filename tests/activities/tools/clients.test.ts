import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createStripe } from '../../../activities/tools/clients.js';
import { createSingleShotHttpClient } from '../../../activities/tools/single-shot-http.js';
import { outcomeOfStripeError } from '../../../activities/tools/stripe-errors.js';

let server: Server | null = null;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  if (server === null) return;
  server.close();
  await once(server, 'close');
  server = null;
});

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('the Stripe client', () => {
  test('sends a request once when the connection is reset, though the package would repeat it', async () => {
    let connections = 0;
    const port = await serve((socket) => {
      connections += 1;
      socket.once('data', () => socket.resetAndDestroy());
    });
    const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: `http://127.0.0.1:${port}` });
    const error: unknown = await stripe.refunds.create({ charge: 'ch_42' }).catch((e) => e);
    expect(outcomeOfStripeError(error)).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    expect(connections).toBe(1);
  });

  test('gives up a connection that does not come about, and knows that nothing was sent', async () => {
    // A TLS handshake that the other side never answers.
    const port = await serve(() => undefined);
    const client = createSingleShotHttpClient('https', 30);
    const from = performance.now();
    const request = client.makeRequest(
      '127.0.0.1',
      String(port),
      '/',
      'POST',
      {},
      '',
      'https',
      5_000,
    );
    await expect(request).rejects.toMatchObject({ code: 'CONNECT_TIMEOUT' });
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  test('takes an answer that means nothing for an unknown outcome', async () => {
    const port = await serve((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n<html>'));
    });
    const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: `http://127.0.0.1:${port}` });
    const error: unknown = await stripe.refunds.create({ charge: 'ch_42' }).catch((e) => e);
    expect(outcomeOfStripeError(error)).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
  });

  test.each([
    [
      429,
      { 'retry-after': '7' },
      { kind: 'not-sent', code: 'tool-unreachable', retryAfterMs: 7_000 },
    ],
    [409, {}, { kind: 'unknown', code: 'effect-in-flight' }],
    [503, {}, { kind: 'unknown', code: 'tool-unreachable' }],
    [401, {}, { kind: 'refused', message: 'Stripe refused the request: invalid_request_error.' }],
    [402, {}, { kind: 'refused', message: 'Stripe refused the request: invalid_request_error.' }],
  ])('makes an outcome of status %i', async (status, headers, outcome) => {
    const body = JSON.stringify({ error: { type: 'invalid_request_error', message: 'no' } });
    const lines = Object.entries({ ...headers, connection: 'close' }).map(([k, v]) => `${k}: ${v}`);
    const port = await serve((socket) => {
      const head = [`HTTP/1.1 ${status} X`, ...lines, '', body].join('\r\n');
      socket.once('data', () => socket.end(head));
    });
    const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: `http://127.0.0.1:${port}` });
    const error: unknown = await stripe.refunds.create({ charge: 'ch_42' }).catch((e) => e);
    expect(outcomeOfStripeError(error)).toEqual(outcome);
  });

  test('throws on what is no error of Stripe', () => {
    const bug = new RangeError('bug');
    expect(() => outcomeOfStripeError(bug)).toThrow(bug);
  });
});
