/** What comes back over a guarded connection: whose it is, and how much of it is read. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { connectTo } from '../../../activities/tools/connect-to.js';
import { createGuardedHttp, type HttpExchange } from '../../../activities/tools/guarded-http.js';
import { httpAnswerBytes } from '../../../contracts/limits.js';
import { serveWeb, serviceCertificate, type Web } from '../../support/web.js';

const answered = (exchange: HttpExchange) =>
  exchange.kind === 'answered'
    ? [exchange.answer.status, exchange.answer.body.toString()]
    : exchange.kind;

const get = (url: string) => ({
  method: 'GET',
  headers: {},
  body: undefined,
  isTimeToSend: () => true,
  target: { url: new URL(url), origin: null },
});

describe('TLS', () => {
  let secure: Web;
  beforeEach(async () => {
    secure = await serveWeb((_request, response) => response.end('secret'), { tls: true });
  });
  afterEach(() => secure.close());
  const over = (host: string, ca?: string) =>
    createGuardedHttp({
      rules: { origins: [], allowsPublic: true },
      resolve: async () => ['93.184.215.14'],
      connect: (_addresses, its) =>
        connectTo(['127.0.0.1'], { ...its, port: secure.port, ...(ca ? { ca } : {}) }),
    }).send({ ...get(`https://${host}/`), signal: AbortSignal.timeout(5_000) });

  test('asks for the name in the URL, though an address is connected to', async () => {
    expect(answered(await over('service.test', serviceCertificate))).toEqual([200, 'secret']);
    expect(secure.requests[0]?.headers.host).toBe('service.test');
  });

  test('with another name, or a certificate that nobody vouches for, sends nothing', async () => {
    expect((await over('other.test', serviceCertificate)).kind).toBe('unreached');
    expect((await over('service.test')).kind).toBe('unreached');
    expect(secure.requests).toEqual([]);
  });
});

describe('an answer', () => {
  const flood = Buffer.alloc(64 * 1024, 'x');
  const web = async (answer: Parameters<typeof serveWeb>[0], timeoutMs = 5_000) => {
    const served = await serveWeb(answer);
    const url = `http://127.0.0.1:${served.port}`;
    const origin = { origin: url, allowPrivate: true, keyHeader: null, authorization: null };
    const exchange = await createGuardedHttp({
      rules: { origins: [origin], allowsPublic: false },
      resolve: async () => [],
    }).send({
      ...get(url),
      target: { url: new URL(url), origin },
      signal: AbortSignal.timeout(timeoutMs),
    });
    await served.close();
    return exchange;
  };

  test('without an end is cut at the bound', async () => {
    const exchange = await web((_request, response) => {
      const pour = () => {
        while (response.write(flood));
      };
      response.on('drain', pour);
      pour();
    });
    expect(exchange).toMatchObject({ kind: 'answered', answer: { isCut: true } });
    if (exchange.kind === 'answered')
      expect(exchange.answer.body.length).toBe(httpAnswerBytes.body);
  });

  test('of exactly the bound is whole', async () => {
    const exchange = await web((_request, response) =>
      response.end(Buffer.alloc(httpAnswerBytes.body)),
    );
    expect(exchange).toMatchObject({ kind: 'answered', answer: { isCut: false } });
  });

  test('that is compressed unasked is not unpacked', async () => {
    const exchange = await web((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all');
    });
    expect(answered(exchange)).toEqual([200, 'not gzip at all']);
  });

  test.each([
    ['drips for ever', '200 OK\r\ncontent-length: 1000\r\n\r\nx', false],
    ['ends before its length', '200 OK\r\ncontent-length: 1000\r\n\r\nx', true],
    ['ends within a chunk', '200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nx', true],
    ['is none', null, true],
    ['has a head without an end', `200 OK\r\n${'x-a: b\r\n'.repeat(10_000)}\r\n`, false],
    [
      'speaks another protocol',
      '101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      false,
    ],
    ['is not HTTP', null, false],
  ])('that %s is lost', async (_how, head, ends) => {
    const exchange = await web(({ socket }) => {
      socket.write(head === null ? (ends ? '' : 'SSH-2.0-x\r\n') : `HTTP/1.1 ${head}`);
      if (ends) socket.end();
    }, 500);
    expect(exchange.kind).toBe('lost');
  });
});
