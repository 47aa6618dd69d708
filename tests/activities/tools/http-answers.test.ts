import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { RequestListener } from 'node:http';
import { httpAnswerBytes, keptResultBytes } from '../../../contracts/limits.js';
import { originAt, plainly, runAt, secret, toolAt, type Request } from '../../support/http-tool.js';
import { toolContext } from '../../support/tool-conformance.js';
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

const run = runAt(() => web);

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
    ['letters', 'x', httpAnswerBytes.body],
    ['letters of four bytes', '😀', httpAnswerBytes.body],
    ['what JSON spells six times as long', '\u0001', keptResultBytes],
  ])('of many %s is cut to what is kept', async (_what, letter, bytes) => {
    answer = (_request, response) => response.end(letter.repeat(1_000_000));
    const outcome = await run({ method: 'GET' });
    expect(outcome).toMatchObject({ kind: 'done', result: { truncated: true } });
    if (outcome.kind !== 'done') return;
    const json = JSON.stringify(outcome.result);
    expect(Buffer.byteLength(json)).toBeLessThanOrEqual(keptResultBytes);
    expect(Buffer.byteLength(json)).toBeGreaterThan(bytes * 0.95);
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
    const end = httpAnswerBytes.body;
    for (let before = end - 90; before < end + 6; before += 6) {
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
    expect(
      await tool.run({ method: 'GET', url: `${originAt(web.port).origin}/` }, context),
    ).toMatchObject({
      kind: 'done',
      result: { status: 302, headers: { location: originAt(other.port).origin } },
    });
    await tool.run({ method: 'GET', url: `${originAt(other.port).origin}/` }, context);
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await other.close();
  });
});
