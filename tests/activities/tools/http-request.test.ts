import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { createGuardedHttp } from '../../../activities/tools/guarded-http.js';
import { createHttpRequest } from '../../../activities/tools/http-request.js';
import type { ToolContext } from '../../../activities/tool.js';
import type { EffectClass } from '../../../contracts/effect.js';
import { toolResultBytes } from '../../../contracts/limits.js';
import { checkArguments } from '../../../policy/arguments.js';
import { toolSpecOf } from '../../../worker/load-agents.js';
import type { Tool } from '../../../activities/tool.js';
import type { HttpOrigin } from '../../../runtime/http-origins.js';
import { describeTool, toolContext } from '../../support/tool-conformance.js';
import { serveWeb, type Web } from '../../support/web.js';

const secret = 'sk_live/1234567890+abcdefghij';
let web: Web;
let answer: RequestListener;
const plainly: RequestListener = (_request, response) => response.end('{"ok":true}');
beforeAll(async () => {
  web = await serveWeb((request, response) => answer(request, response));
  answer = plainly;
});
afterAll(() => web.close());
afterEach(() => {
  answer = plainly;
});

const originAt = (port: number, more: Partial<HttpOrigin> = {}): HttpOrigin => ({
  origin: `http://127.0.0.1:${port}`,
  allowPrivate: true,
  keyHeader: 'idempotency-key',
  authorization: `Bearer ${secret}`,
  ...more,
});
const toolAt = (origins: readonly HttpOrigin[], allowsPublic = false) =>
  createHttpRequest(
    createGuardedHttp({ rules: { origins, allowsPublic }, resolve: async () => [] }),
  );
type Request = Parameters<ReturnType<typeof toolAt>['run']>[0];

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

const run = (
  request: Omit<Request, 'url'> & { readonly path?: string },
  effect: EffectClass = toolAt([originAt(web.port)]).effectOf({ ...request, url: urlOf(request) }),
  context: Partial<ToolContext> = {},
) => {
  const { path: _, ...rest } = request;
  return toolAt([originAt(web.port)]).run(
    { ...rest, url: urlOf(request) },
    { ...toolContext(effect === 'read' ? null : undefined), effect, ...context },
  );
};
const urlOf = ({ path = '/' }: { readonly path?: string }) => `${originAt(web.port).origin}${path}`;

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

describe('an answer', () => {
  const answering = (status: number, headers = {}) => {
    answer = (_request, response) => response.writeHead(status, headers).end('why');
  };
  const kindOf = async (method: Request['method'], status: number, headers = {}) => {
    answering(status, headers);
    const outcome = await run({ method });
    return 'code' in outcome ? `${outcome.kind}: ${outcome.code}` : outcome.kind;
  };
  const unsafely = async (status: number) => {
    answering(status);
    const outcome = await run({ method: 'POST' }, 'unsafe');
    return 'code' in outcome ? `${outcome.kind}: ${outcome.code}` : outcome.kind;
  };
  const again = 'not-sent: tool-unreachable';
  const unclear = 'unknown: tool-unreachable';

  test.each([
    [200, 'done', 'done', 'done', 'done'],
    [201, 'done', 'done', 'done', 'done'],
    [204, 'done', 'done', 'done', 'done'],
    [303, 'done', 'done', 'done', 'done'],
    [308, 'done', 'refused', 'refused', 'refused'],
    [400, 'done', 'refused', 'refused', 'refused'],
    [401, 'done', 'refused', 'refused', 'refused'],
    [404, 'done', 'done', 'refused', 'refused'],
    [408, again, unclear, unclear, unclear],
    [409, 'done', 'refused', 'unknown: effect-in-flight', 'refused'],
    [410, 'done', 'done', 'refused', 'refused'],
    [412, 'done', 'refused', 'refused', 'refused'],
    [422, 'done', 'refused', 'refused', 'refused'],
    [425, again, again, again, again],
    [429, again, again, again, again],
    [500, 'done', unclear, unclear, unclear],
    [501, 'done', unclear, unclear, unclear],
    [502, again, unclear, unclear, unclear],
    [503, again, unclear, unclear, unclear],
    [504, again, unclear, unclear, unclear],
  ])(
    '%i is %s to GET, %s to DELETE, %s under a key, %s without',
    async (status, get, del, post, unsafe) => {
      const seen = [
        await kindOf('GET', status),
        await kindOf('DELETE', status),
        await kindOf('POST', status),
      ];
      expect([...seen, await unsafely(status)]).toEqual([get, del, post, unsafe]);
    },
  );

  test('of a PUT to something that is not there is a refusal', async () => {
    expect(await kindOf('PUT', 404)).toBe('refused');
  });

  test('says when to come again, in seconds or as a date', async () => {
    answering(429, { 'retry-after': '7' });
    expect(await run({ method: 'POST' })).toMatchObject({ retryAfterMs: 7_000 });
    answering(503, { 'retry-after': new Date(Date.now() + 60_000).toUTCString() });
    const outcome = await run({ method: 'GET' });
    expect('retryAfterMs' in outcome && Math.round((outcome.retryAfterMs ?? 0) / 10_000)).toBe(6);
    answering(503, { 'retry-after': 'soon' });
    expect(await run({ method: 'GET' })).toEqual({ kind: 'not-sent', code: 'tool-unreachable' });
  });

  test('that repeats a stored failure is not asked for again', async () => {
    expect(await kindOf('POST', 500, { 'idempotent-replayed': 'true' })).toBe(
      'unknown: effect-failure-stored',
    );
  });

  test('that refuses says why to the model', async () => {
    answering(422);
    expect(await run({ method: 'POST' })).toEqual({
      kind: 'refused',
      message: 'The service answered 422.\nwhy',
    });
  });

  test('that does not come in time is unknown for an effect, and asked for again by a read', async () => {
    answer = () => undefined;
    const soon = { requestTimeoutMs: 50 };
    const lost = { kind: 'unknown', code: 'tool-unreachable' };
    expect(await run({ method: 'POST' }, 'keyed', soon)).toEqual(lost);
    expect(await run({ method: 'GET' }, 'read', soon)).toEqual(lost);
  });

  test('to a run that is cancelled meanwhile is nobody’s', async () => {
    const cancel = new AbortController();
    answer = () => cancel.abort(new Error('cancelled'));
    const asking = run({ method: 'GET' }, 'read', { signal: cancel.signal });
    await expect(asking).rejects.toThrow('cancelled');
  });

  test('is shown with a few headers', async () => {
    answering(200, { 'content-type': 'text/plain', etag: '"1"', 'set-cookie': 'a=b', server: 'x' });
    expect(await run({ method: 'GET' })).toEqual({
      kind: 'done',
      externalRef: null,
      result: {
        status: 200,
        headers: { 'content-type': 'text/plain', etag: '"1"' },
        text: 'why',
        bytes: 3,
        truncated: false,
      },
    });
  });

  test.each([
    ['NUL', Buffer.from('a\0b')],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x41])],
  ])('of %s is shown as its digest', async (_what, body) => {
    answer = (_request, response) => response.end(body);
    expect(await run({ method: 'GET' })).toMatchObject({
      result: { sha256: expect.stringMatching(/^[\w+/]{43}=$/), bytes: 3, truncated: false },
    });
  });

  test.each([
    ['letters', 'x'],
    ['letters of four bytes', '😀'],
    ['what JSON spells six times as long', '\u0001'],
  ])('of many %s is cut to what fits', async (_what, letter) => {
    answer = (_request, response) => response.end(letter.repeat(1_000_000));
    const outcome = await run({ method: 'GET' });
    expect(outcome).toMatchObject({ kind: 'done', result: { truncated: true } });
    if (outcome.kind !== 'done') return;
    const json = JSON.stringify(outcome.result);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(toolResultBytes);
    expect(Buffer.byteLength(json)).toBeGreaterThan(toolResultBytes * 0.95);
    // Half a character would be spelled as \ud83d.
    expect(json).not.toMatch(/\\ud[89a-f]/);
  });
});

describe('the secret of an origin', () => {
  const told = async (method: Request['method'], listener: RequestListener) => {
    answer = listener;
    return JSON.stringify(await run({ method }));
  };
  const unsaid = (text: string) => {
    expect(text).toContain('[removed]');
    for (const spelling of [secret, encodeURIComponent(secret), secret.slice(0, 16)])
      expect(text).not.toContain(spelling);
  };

  test('is not in a result, though the service says it back', async () => {
    unsaid(
      await told('GET', ({ headers }, response) => {
        const { authorization = '' } = headers;
        response.setHeader('location', `/login?t=${encodeURIComponent(authorization.slice(7))}`);
        response.end(`${authorization} ${encodeURIComponent(authorization)}`);
      }),
    );
  });

  test('is not in a refusal', async () => {
    unsaid(
      await told('POST', ({ headers }, response) =>
        response.writeHead(401).end(`not you: ${headers.authorization}`),
      ),
    );
  });

  test('is not half there where a result is cut', async () => {
    for (let before = 32_470; before < 32_560; before += 6) {
      const text = await told('GET', (_request, response) =>
        response.end(`${'x'.repeat(before)}${secret}${'y'.repeat(5_000)}`),
      );
      expect([before, text.includes(secret.slice(0, 8))]).toEqual([before, false]);
    }
  });

  test('does not go along to another origin', async () => {
    const other = await serveWeb(plainly);
    const origins = [originAt(web.port), originAt(other.port, { authorization: null })];
    answer = (_request, response) =>
      response.writeHead(302, { location: originAt(other.port).origin }).end();
    const tool = toolAt(origins);
    const context = { ...toolContext(null), effect: 'read' as const };
    expect(await tool.run({ method: 'GET', url: urlOf({}) }, context)).toMatchObject({
      kind: 'done',
      result: { status: 302, headers: { location: originAt(other.port).origin } },
    });
    await tool.run({ method: 'GET', url: `${originAt(other.port).origin}/` }, context);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await other.close();
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
