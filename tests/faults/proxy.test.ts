import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDice } from '../support/seed.js';
import { startProxy, type Proxy } from './proxy.js';

const dice = createDice('proxy');
let echo: Server;
let received: string;
let proxy: Proxy;
let client: Socket;
beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startProxy((echo.address() as AddressInfo).port, dice);
  client = await connected();
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
  echo.close();
  await once(echo, 'close');
});

async function connected(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
async function say(text: string, length = text.length): Promise<string> {
  let answer = '';
  client.write(text);
  for await (const chunk of client.iterator({ destroyOnReturn: false })) {
    answer += String(chunk);
    if (answer.length >= length) break;
  }
  return answer;
}
const errorOf = async (socket: Socket): Promise<unknown> => {
  const [error] = (await once(socket, 'error')) as [{ code?: unknown }];
  return error.code;
};

describe('a proxy', () => {
  it('passes everything on, both ways and in order, and ends with its ends', async () => {
    const long = 'x'.repeat(200_000);
    expect(await say(long)).toBe(long);
    client.end();
    await once(client, 'end');
    expect(received).toBe(long);
  });

  it('delays', async () => {
    proxy.setWeather({ kind: 'slow', delayMs: 60, jitterMs: 10 });
    const startedAt = performance.now();
    await say('hello');
    expect(performance.now() - startedAt).toBeGreaterThan(95);
  });

  it('falls silent on what stands and what comes, and speaks again', async () => {
    proxy.setWeather({ kind: 'silent' });
    const answer = say('hello');
    const other = await connected();
    await wait(100);
    expect(received).toBe('');
    proxy.setWeather({ kind: 'clear' });
    expect(await answer).toBe('hello');
    other.destroy();
  });

  it('lets a request arrive and loses its reply', async () => {
    proxy.setWeather({ kind: 'lost-replies', afterBytes: 5 });
    expect(await say('12345')).toBe('12345');
    client.write('67890');
    expect(await errorOf(client)).toBe('ECONNRESET');
    expect(received).toBe('1234567890');
  });

  it('loses the replies that are chosen, by what was asked and what is answered', async () => {
    const isLost = (sent: string, piece: string) => sent.includes('pay') && piece.includes('done');
    proxy.setWeather({ kind: 'chosen-losses', isLost });
    expect(await say('is it done?')).toBe('is it done?');
    expect(await say('pay 12')).toBe('pay 12');
    client.write('and say done');
    expect(await errorOf(client)).toBe('ECONNRESET');
    expect(received).toBe('is it done?pay 12and say done');
  });

  it('refuses who comes and leaves what stands', async () => {
    proxy.setWeather({ kind: 'refusing' });
    expect(await errorOf(connect(proxy.port, '127.0.0.1'))).toBe('ECONNRESET');
    expect(await say('still here')).toBe('still here');
  });

  it('cuts what stands', async () => {
    await say('hello');
    proxy.cut();
    expect(await errorOf(client)).toBe('ECONNRESET');
  });
});
