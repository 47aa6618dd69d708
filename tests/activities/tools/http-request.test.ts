import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { createGuardedHttp } from '../../../activities/tools/guarded-http.js';
import { createHttpRequest } from '../../../activities/tools/http-request.js';
import type { EffectClass } from '../../../contracts/effect.js';
import { checkArguments } from '../../../policy/arguments.js';
import { toolSpecOf } from '../../../worker/load-agents.js';
import type { Tool } from '../../../activities/tool.js';
import { originAt, plainly, runAt, secret, toolAt, type Request } from '../../support/http-tool.js';
import { describeTool, toolContext } from '../../support/tool-conformance.js';
import { serveWeb, type Web } from '../../support/web.js';

let web: Web;
let answer: RequestListener = plainly;
beforeAll(async () => {
  web = await serveWeb((request, response) => answer(request, response));
});
afterAll(() => web.close());
afterEach(() => {
  answer = plainly;
});

// The port is known once the server listens; the one of the orphan is closed on every machine.
const standing = 'http://127.0.0.1:9';
const late = (): ReturnType<typeof toolAt> => {
  const tool = toolAt([originAt(web.port)]);
  const here = (request: Request) => ({
    ...request,
    url: request.url.replace(standing, originAt(web.port).origin),
  });
  return { ...tool, run: (request, context) => tool.run(here(request), context) };
};

describeTool('http_request', {
  tool: late,
  orphan: () => toolAt([originAt(9)]),
  args: {
    method: 'POST',
    url: `${standing}/customers/maria?token=hidden`,
    headers: [{ name: 'content-type', value: 'application/json' }],
    body: '{"name":"Maria"}',
  },
  secrets: ['maria', 'Maria', 'hidden', 'customers', secret],
});

const run = runAt(() => web);
const urlOf = ({ path = '/' }) => `${originAt(web.port).origin}${path}`;

describe('the class of a call', () => {
  const keyed = originAt(80, { origin: 'https://keyed.test' });
  const plain = originAt(80, { origin: 'https://plain.test', keyHeader: null });
  test.each([
    ['GET', 'read', 'read', 'read'],
    ['HEAD', 'read', 'read', 'read'],
    ['PUT', 'idempotent', 'idempotent', 'idempotent'],
    ['DELETE', 'idempotent', 'idempotent', 'idempotent'],
    ['POST', 'keyed', 'unsafe', 'unsafe'],
    ['PATCH', 'keyed', 'unsafe', 'unsafe'],
  ] as const)(
    '%s is %s with a key, %s without, %s elsewhere',
    (method, withKey, without, other) => {
      const { effectOf } = toolAt([keyed, plain], true);
      const seen = ['https://keyed.test/a', 'https://plain.test/a', 'https://other.test/a'].map(
        (url) => effectOf({ method, url }),
      );
      expect(seen).toEqual([withKey, without, other]);
    },
  );

  test('is what the call was judged as, or nothing is sent', async () => {
    const before = web.requests.length;
    const message = 'The settings of this origin changed after the call was planned. Plan it anew.';
    expect(await run({ method: 'PUT' }, 'keyed')).toEqual({ kind: 'refused', message });
    const lost = toolAt([originAt(web.port, { keyHeader: null })]);
    expect(
      await lost.run({ method: 'POST', url: urlOf({}) }, { ...toolContext(), effect: 'keyed' }),
    ).toEqual({ kind: 'refused', message });
    expect(web.requests.length).toBe(before);
    expect(await run({ method: 'POST' }, 'unsafe')).toMatchObject({ kind: 'done' });
  });
});

describe('what is sent', () => {
  test('carries the key of its effect, the secret of its origin, and what was asked for', async () => {
    const context = toolContext();
    const headers = [{ name: 'x-note', value: 'a' }];
    await run({ method: 'POST', path: '/a?b=c#d', headers, body: 'é' }, 'keyed', context);
    expect(web.requests.at(-1)).toMatchObject({ method: 'POST', path: '/a?b=c', body: 'é' });
    expect(web.requests.at(-1)?.headers).toMatchObject({
      'idempotency-key': context.effectKey,
      authorization: `Bearer ${secret}`,
      'x-note': 'a',
      'content-length': '2',
      connection: 'close',
      host: `127.0.0.1:${web.port}`,
    });
  });

  test('is one request, even where the connection breaks', async () => {
    answer = ({ socket }) => socket.resetAndDestroy();
    const before = web.connections();
    expect(await run({ method: 'POST' })).toEqual({ kind: 'unknown', code: 'tool-unreachable' });
    expect(web.connections()).toBe(before + 1);
  });

  test('of an effect is not sent on to where a redirect leads', async () => {
    answer = (_request, response) => response.writeHead(303, { location: '/done' }).end();
    const before = web.requests.length;
    expect(await run({ method: 'POST' })).toMatchObject({
      kind: 'done',
      result: { status: 303, headers: { location: '/done' } },
    });
    expect(web.requests.length).toBe(before + 1);
  });

  test('is nothing when the connection took too long for the dispatch', async () => {
    let asked = 0;
    const before = web.requests.length;
    // Once before it is connected, once before the first byte.
    const outcome = await run({ method: 'POST' }, 'keyed', {
      isTimeToSend: () => (asked += 1) === 1,
    });
    expect(outcome).toEqual({ kind: 'not-sent', code: 'effect-in-flight' });
    expect(web.requests.length).toBe(before);
  });

  test.each([
    'host',
    'authorization',
    'cookie',
    'connection',
    'keep-alive',
    'te',
    'transfer-encoding',
    'content-length',
    'upgrade',
    'expect',
    'accept-encoding',
    'proxy-authorization',
    'proxy-connection',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-http-method-override',
    'x-http-method',
    'x-method-override',
    'sec-fetch-site',
    'Authorization',
    'x-a\r\nx-b',
    'x a',
    '',
  ])('never has a header %j of the model', (name) => {
    const tool = toolAt([]);
    const request = { method: 'GET', url: 'https://a.test/', headers: [{ name, value: 'x' }] };
    expect(tool.args.safeParse(request).success).toBe(false);
    expect(checkArguments(toolSpecOf(tool as Tool).argsSchema, request)).not.toEqual([]);
  });

  test.each(['a\r\nb', 'a\nb', 'a\0b', 'é'])('never has a header value %j', (value) => {
    const headers = [{ name: 'x-a', value }];
    const request = { method: 'GET', url: 'https://a.test/', headers };
    expect(toolAt([]).args.safeParse(request).success).toBe(false);
  });

  test('never has the key that the model made up, one header twice, or a body where none belongs', async () => {
    const header = (name: string) => ({ name, value: 'x' });
    const headers = [header('idempotency-key')];
    expect(await run({ method: 'POST', headers })).toEqual({
      kind: 'refused',
      message: 'idempotency-key is set for you.',
    });
    const twice = [header('x-a'), header('x-a')];
    expect(await run({ method: 'POST', headers: twice })).toMatchObject({ kind: 'refused' });
    expect(await run({ method: 'GET', body: 'x' })).toMatchObject({ kind: 'refused' });
  });
});

describe('what is said beforehand', () => {
  const origin = originAt(8_080);
  const say = async (request: Omit<Request, 'url'> & { readonly url?: string }) =>
    (await toolAt([origin]).preview?.({ url: `${origin.origin}/x?y`, ...request }, toolContext()))
      ?.preview;

  test.each([
    ['GET', 'It only reads.'],
    ['PUT', 'If the answer is lost, it is sent again.'],
    ['POST', 'under one key, which the origin honours.'],
  ] as const)('of a %s: where it goes, and what becomes of a lost answer', async (method, rest) => {
    const said = await say({ method });
    expect(said?.sentence).toContain(`Sends ${method} ${origin.origin}/x. `);
    expect(said?.sentence).toContain(rest);
    expect(said?.sentence).not.toContain(secret);
  });

  test('of a body: what it says; nobody can take it back', async () => {
    const said = await say({ method: 'POST', body: 'hello' });
    expect(said).toMatchObject({
      changes: [{ what: 'Body', before: null, after: 'hello' }],
      reversibility: 'never',
    });
  });

  test('of an address that may not be reached: why it will be refused', async () => {
    const said = await say({ method: 'POST', url: 'http://elsewhere.example/' });
    expect(said).toMatchObject({ changes: [] });
    expect(said?.sentence).toContain('It will be refused: Only these origins may be reached');
  });
});

describe('an origin that nobody named', () => {
  const tool = createHttpRequest(
    createGuardedHttp({
      rules: { origins: [], allowsPublic: true },
      resolve: async () => [],
    }),
  );
  const context = (effect: EffectClass) => ({
    ...toolContext(effect === 'read' ? null : undefined),
    effect,
  });

  test('and cannot be reached is told to the model, which made it up', async () => {
    const url = 'https://made-up.test/';
    expect(await tool.run({ method: 'GET', url }, context('read'))).toEqual({
      kind: 'refused',
      message: 'No connection to this origin came about.',
    });
    expect(await tool.run({ method: 'PUT', url }, context('idempotent'))).toEqual({
      kind: 'not-sent',
      code: 'tool-unreachable',
    });
  });

  test('is not in the summary, as its name may say too much', () => {
    const summary = tool.summary({ method: 'GET', url: 'https://secret-of-maria.evil.test/' });
    expect(summary).toBe('GET a public origin');
  });
});
