import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectTo } from '../../../activities/tools/connect-to.js';
import {
  createGuardedHttp,
  type GuardedHttpOptions,
  type HttpExchange,
} from '../../../activities/tools/guarded-http.js';
import { vetUrl, type HttpRules } from '../../../activities/tools/http-targets.js';
import { httpRedirects } from '../../../contracts/limits.js';
import type { HttpOrigin } from '../../../runtime/http-origins.js';
import { serveWeb, type Web } from '../../support/web.js';

/** What must not be reached. */
let canary: Web;
/** A service on the public internet: connections to `publicAddress` end here. */
let service: Web;
let redirectTo = '';
beforeAll(async () => {
  canary = await serveWeb((_request, response) => response.end('reached'));
  service = await serveWeb((request, response) => {
    if (request.url === '/redirect') response.writeHead(302, { location: redirectTo }).end();
    else if (request.url === '/around') response.writeHead(307, { location: '/around' }).end();
    else response.end('served');
  });
});
afterAll(async () => {
  await canary.close();
  await service.close();
});
afterEach(() => expect(canary.connections()).toBe(0));

const publicAddress = '93.184.215.14';
/** Connects for real, but for the one public address, behind which the service is. */
const connect: typeof connectTo = (addresses, its) =>
  addresses[0] === publicAddress
    ? connectTo(['127.0.0.1'], { ...its, port: service.port })
    : connectTo(addresses, its);

const named = (origin: string, more: Partial<HttpOrigin> = {}): HttpOrigin => ({
  origin,
  allowPrivate: false,
  keyHeader: null,
  authorization: null,
  ...more,
});

interface Asked {
  readonly rules?: Partial<HttpRules>;
  readonly resolve?: GuardedHttpOptions['resolve'];
  readonly method?: string;
}

async function ask(url: string, asked: Asked = {}): Promise<HttpExchange> {
  const { method = 'GET', resolve = async () => [publicAddress] } = asked;
  const rules = { origins: [], allowsPublic: true, ...asked.rules };
  const http = createGuardedHttp({ rules, resolve, connect });
  const target = vetUrl(rules, url);
  if (target.kind === 'refused') return { kind: 'forbidden', message: target.message };
  const request = {
    target,
    method,
    headers: {},
    body: undefined,
    signal: AbortSignal.timeout(5_000),
    isTimeToSend: () => true,
  };
  return method === 'GET' ? http.read(request) : http.send(request);
}

const answered = (exchange: HttpExchange) =>
  exchange.kind === 'answered'
    ? [exchange.answer.status, exchange.answer.body.toString()]
    : exchange.kind;

/** Ways to write this machine, its network and its cloud. */
const hosts = [
  '127.0.0.1',
  '127.0.0.2',
  '127.1',
  '127.0.1',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '0x7f000001',
  '0x7f.1',
  '127.0.0.1.',
  '127.000.000.001',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '①②⑦.⓪.⓪.①',
  '１２７.0.0.1',
  '127。0。0。1',
  '0',
  '0.0.0.0',
  '0x0',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '[::1]',
  '[::]',
  '[0:0:0:0:0:0:0:1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[0:0:0:0:0:ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::7f00:1]',
  '[fc00::1]',
  '[fe80::1]',
  '[fe80::1%25lo]',
  '[fec0::1]',
  '[ff02::1]',
  'user@127.0.0.1',
  'example.com@127.0.0.1',
  'user:password@example.com',
  'example.com%00@127.0.0.1',
  'example.com\\@127.0.0.1',
] as const;

describe('a URL that names this machine or its network', () => {
  const port = () => String(canary.port);
  test.each(hosts)('http://%s/ is refused on every port', async (host) => {
    for (const url of [
      `http://${host}/`,
      `http://${host}:${port()}/`,
      `https://${host}:${port()}/`,
    ]) {
      expect([url, (await ask(url)).kind]).toEqual([url, 'forbidden']);
    }
  });

  test('with a name or a password in it is refused for that', async () => {
    for (const url of ['http://user@service.test/', 'http://:password@service.test/']) {
      expect(await ask(url)).toEqual({
        kind: 'forbidden',
        message: 'A URL with a name or a password in it is not sent.',
      });
    }
  });

  test('only after a # goes where it says before it', async () => {
    const url = `http://service.test#@127.0.0.1:${port()}/`;
    expect(answered(await ask(url))).toEqual([200, 'served']);
  });

  test.each([
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'data:text/plain,x',
    'http:127.0.0.1',
    'http:\\\\127.0.0.1\\',
    '//127.0.0.1/',
    'http://127.0.0.1:99999/',
    'http://\t127.0.0.1/',
    ' http://127.0.0.1/',
    'HTTP://EXAMPLE.COM/',
    'http://example.com:80/',
    'http://example.com:6379/',
    'http://service.test/public/../admin',
    'http://service.test/public/%2e%2e/admin',
    'http://service.test/public\\..\\admin',
    'http://',
    '',
  ])('%j is refused', async (url) => {
    expect((await ask(url)).kind).toBe('forbidden');
  });
});

/** Answers of a name server about a host that sounds public. */
const answers = [
  ['127.0.0.1'],
  ['127.0.0.53'],
  ['0.0.0.0'],
  ['10.1.2.3'],
  ['100.100.100.200'],
  ['169.254.169.254'],
  ['192.168.178.1'],
  ['::1'],
  ['::ffff:127.0.0.1'],
  ['64:ff9b::7f00:1'],
  ['2002:7f00:1::'],
  ['fd00:ec2::254'],
  ['fe80::1'],
  [publicAddress, '127.0.0.1'],
  ['127.0.0.1', publicAddress],
  ['2606:4700:4700::1111', '::1'],
  ['localhost'],
  ['2130706433'],
];

describe('a name', () => {
  test.each(answers)('that means %s is refused, also on a port that is named', async (...found) => {
    const origins = [named(`http://inside.test:${canary.port}`)];
    const resolve = async () => found.map(String);
    const url = `http://inside.test:${canary.port}/`;
    expect((await ask(url, { rules: { origins }, resolve })).kind).toBe('forbidden');
    expect((await ask('http://inside.test/', { resolve })).kind).toBe('forbidden');
  });

  test('is looked up once a request: another answer a moment later is never asked for', async () => {
    let asked = 0;
    const resolve = async () => ((asked += 1) === 1 ? [publicAddress] : ['127.0.0.1']);
    expect(answered(await ask('http://rebinding.test/', { resolve }))).toEqual([200, 'served']);
    expect(asked).toBe(1);
  });

  test('that means this machine by the time of a redirect is refused there', async () => {
    let asked = 0;
    const resolve = async () => ((asked += 1) === 1 ? [publicAddress] : ['127.0.0.1']);
    redirectTo = `http://rebinding.test:${canary.port}/redirected`;
    const origins = [named(`http://rebinding.test:${canary.port}`)];
    const url = `http://rebinding.test:${canary.port}/redirect`;
    expect((await ask(url, { rules: { origins }, resolve })).kind).toBe('forbidden');
    expect(asked).toBe(2);
  });

  test('whose server is not there was never asked anything', async () => {
    const gone = await serveWeb(() => undefined);
    await gone.close();
    const origin = named(`http://127.0.0.1:${gone.port}`, { allowPrivate: true });
    const rules = { origins: [origin] };
    expect((await ask(`${origin.origin}/`, { rules })).kind).toBe('unreached');
  });

  test('that nobody knows, or whose server is silent, leaves nothing sent', async () => {
    const unknown = async () => Promise.reject(new Error('ENOTFOUND'));
    expect((await ask('http://unknown.test/', { resolve: unknown })).kind).toBe('unreached');
    expect((await ask('http://empty.test/', { resolve: async () => [] })).kind).toBe('unreached');
  });
});

describe('a redirect', () => {
  test.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://2130706433/',
    'http://0x7f.1/',
    '//127.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
    'http://elsewhere.test/',
    'https://service.test/',
    'http://user:password@service.test/',
    'http://service.test:8080/',
    'http://[',
  ])('to %s is an answer, not a way', async (location) => {
    redirectTo = location.replace('127.0.0.1/', `127.0.0.1:${canary.port}/`);
    const before = service.requests.length;
    const exchange = await ask('http://service.test/redirect');
    expect(answered(exchange)).toEqual([302, '']);
    expect(service.requests.length).toBe(before + 1);
  });

  test.each(['/else', 'http://service.test/else', '?a=b', 'else'])(
    'to %s, within its origin, is followed by a read',
    async (location) => {
      redirectTo = location;
      expect(answered(await ask('http://service.test/redirect'))).toEqual([200, 'served']);
    },
  );

  test('of an effect is an answer, wherever it leads', async () => {
    redirectTo = '/else';
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const exchange = await ask('http://service.test/redirect', { method });
      expect([method, ...answered(exchange)]).toEqual([method, 302, '']);
    }
  });

  test('in a circle ends after a few rounds', async () => {
    const before = service.requests.length;
    expect(answered(await ask('http://service.test/around'))).toEqual([307, '']);
    expect(service.requests.length - before).toBe(httpRedirects + 1);
  });
});

describe('an origin that nobody named', () => {
  test('is not reached unless every public one may be', async () => {
    const origins = [named('http://api.test')];
    const rules = { origins, allowsPublic: false };
    expect(await ask('http://service.test/', { rules })).toEqual({
      kind: 'forbidden',
      message: 'Only these origins may be reached: http://api.test.',
    });
    for (const near of ['https://api.test/', 'http://api.test:8080/', 'http://api.test.evil/'])
      expect([near, (await ask(near, { rules })).kind]).toEqual([near, 'forbidden']);
    expect(answered(await ask('http://api.test/', { rules }))).toEqual([200, 'served']);
  });
});
