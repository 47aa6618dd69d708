/** Bodies and addresses that nobody should send: a documented problem each, and never a 5xx. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { bodyBytes, jsonDepth } from '../../contracts/limits.js';
import { openGateway, type TestGateway } from './gateway.js';
import { codeOf, sendRaw } from './raw-request.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  sendRaw({
    port: gateway.port,
    method: 'POST',
    path: '/v1/runs',
    headers: {
      host: `127.0.0.1:${gateway.port}`,
      'content-type': 'application/json',
      ...headers,
    },
    body,
  });

const run = (input: string): string => `{"agent":"refund-desk","input":${input}}`;
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const abuses: readonly [string, string | Buffer, Record<string, string>, number, string][] = [
  ['more bytes than allowed', `"${'x'.repeat(bodyBytes)}"`, {}, 413, 'body-too-large'],
  [
    'a small gzip that unpacks to much',
    gzipSync(Buffer.alloc(50_000_000, 32)),
    { 'content-encoding': 'gzip' },
    413,
    'body-too-large',
  ],
  ['something that is no gzip', 'no gzip', { 'content-encoding': 'gzip' }, 400, 'invalid-json'],
  ['an unknown encoding', '{}', { 'content-encoding': 'zip' }, 415, 'unsupported-media-type'],
  ['nesting one level too deep', nested(jsonDepth + 1), {}, 400, 'invalid-json'],
  ['nesting thirty thousand deep', nested(30_000), {}, 400, 'invalid-json'],
  ['a key __proto__', run('{"__proto__":{"isAdmin":true}}'), {}, 400, 'invalid-json'],
  ['a hidden key __proto__', run('{"\\u005f_proto__":1}'), {}, 400, 'invalid-json'],
  ['a number that would be rounded', run('{"message":9007199254740993}'), {}, 400, 'invalid-json'],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xc3, 0x28, 0x22]), {}, 400, 'invalid-json'],
  ['a NUL character', run('{"message":"a\\u0000b"}'), {}, 400, 'invalid-json'],
  ['half a surrogate pair', run('{"message":"\\ud800"}'), {}, 400, 'invalid-json'],
  ['no JSON', '{"agent":', {}, 400, 'invalid-json'],
  ['two values', '{}{}', {}, 400, 'invalid-json'],
  ['nothing', '', {}, 422, 'invalid-request'],
  ['null', 'null', {}, 422, 'invalid-request'],
  ['a list', '[]', {}, 422, 'invalid-request'],
  ['a key too many', '{"agent":"refund-desk","input":{},"by":"ana"}', {}, 422, 'invalid-request'],
  ['an unknown agent', '{"agent":"nobody","input":{}}', {}, 422, 'unknown-agent'],
  ['an input of another shape', run('{"text":1}'), {}, 422, 'invalid-request'],
  [
    'ten thousand keys',
    `{${Array.from({ length: 5_000 }, (_, index) => `"k${index}":1`).join(',')}}`,
    {},
    422,
    'invalid-request',
  ],
  [
    'another charset',
    '{}',
    { 'content-type': 'application/json; charset=utf-16' },
    415,
    'unsupported-media-type',
  ],
];

test.each(abuses)('%s is refused', async (_name, body, headers, status, code) => {
  const answer = await post(body, headers);
  expect([answer.status, codeOf(answer)]).toEqual([status, code]);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});

test('what is wrong with an input is named where it is', async () => {
  const answer = await post(run('{"message":""}'));
  const { errors } = JSON.parse(answer.text) as { errors: { pointer: string }[] };
  expect(errors).toMatchObject([{ pointer: '/input/message' }]);
  const unknown = await post('{"agent":"nobody","input":{}}');
  expect(JSON.parse(unknown.text)).toMatchObject({ agents: ['analyst', 'refund-desk'] });
});

test('a charset of utf-8 and unicode text are welcome', async () => {
  const answer = await post(run('{"message":"Öl für 42 🙂"}'), {
    'content-type': 'application/json; charset=UTF-8',
  });
  expect(answer.status).toBe(202);
});

const addresses: readonly [string, number][] = [
  ['/v1/runs/%E0%A4%A', 400],
  ['/v1/runs/%00', 404],
  ['/v1/runs/run_x', 404],
  ['/v1/runs/..%2f..%2fetc', 404],
  ['/v1/agents/%00', 404],
  ['/v1/agents/__proto__', 404],
  ['/v1/runs?agent=%00', 400],
  ['/v1/runs?status=done', 400],
  ['/v1/runs?status=queued&status=running', 400],
  ['/v1/runs?limit=0', 400],
  ['/v1/runs?limit=1e9', 400],
  ['/v1/runs?cursor=nonsense', 400],
  ['/v1/runs?cursor=e30', 400],
  ['/v1/runs?unknown=1', 400],
  ['/v1/approvals?runId=run_x', 400],
  ['/v1/approvals?cursor=%22', 400],
  ['/v1/nothing', 404],
  // Only a gateway of the local stack has these.
  ['/v1/local', 404],
  ['/v1/local/worker/kills', 404],
  ['/console/../package.json', 404],
  ['/console/%2e%2e/package.json', 404],
  ['/console/..%2fpackage.json', 404],
  ['/console/.hidden', 404],
];

test.each(addresses)('GET %s answers a problem', async (path, status) => {
  const headers = { host: `127.0.0.1:${gateway.port}` };
  const answer = await sendRaw({ port: gateway.port, method: 'GET', path, headers });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toContain('application/problem+json');
  expect(JSON.parse(answer.text)).toMatchObject({
    status,
    requestId: answer.headers['x-request-id'],
  });
});

test('a request id is taken when it is harmless, and replaced when not', async () => {
  const send = (id: string) =>
    sendRaw({ port: gateway.port, method: 'GET', path: '/livez', headers: { 'x-request-id': id } });
  expect((await send('trace-1.2_3')).headers['x-request-id']).toBe('trace-1.2_3');
  expect((await send('a b"<script>')).headers['x-request-id']).toMatch(/^req_/);
});
