/** The keyless local user against web pages, proxies and rebound names. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { OutgoingHttpHeaders } from 'node:http';
import type { ApprovalView } from '../../contracts/approval.js';
import { askRun, type AskedRun } from '../support/asked-run.js';
import { openGateway, type TestGateway } from './gateway.js';
import { codeOf, sendRaw } from './raw-request.js';

let gateway: TestGateway;
let asked: AskedRun;
let approval: ApprovalView;

beforeAll(async () => {
  gateway = await openGateway();
  asked = await askRun(gateway.local, gateway.test.database);
  approval = (await gateway.local.call<ApprovalView>('GET', `/v1/approvals/${asked.approvalId}`))
    .body;
});
afterAll(() => gateway.close());

const decide = (headers: OutgoingHttpHeaders, body?: string) =>
  sendRaw({
    port: gateway.port,
    method: 'POST',
    path: `/v1/approvals/${asked.approvalId}/decisions`,
    headers,
    body: body ?? JSON.stringify({ decision: 'approve', argsDigest: approval.argsDigest }),
  });

const json = { 'content-type': 'application/json' };

/** Nothing that an attack sends may have decided. */
const expectPending = async (): Promise<void> => {
  const { body } = await gateway.local.call<ApprovalView>('GET', `/v1/approvals/${approval.id}`);
  expect(body.status).toBe('pending');
  expect(body.decisions).toEqual([]);
};

describe('a malicious web page in the browser of the person at this machine', () => {
  const host = () => `127.0.0.1:${gateway.port}`;
  const evil = 'https://evil.example';
  const attacks: readonly [string, () => OutgoingHttpHeaders, string | undefined, number][] = [
    [
      'a fetch from another origin',
      () => ({ ...json, host: host(), origin: evil }),
      undefined,
      403,
    ],
    [
      'a fetch marked as cross-site',
      () => ({ ...json, host: host(), 'sec-fetch-site': 'cross-site' }),
      undefined,
      403,
    ],
    [
      'a page of another port of this machine',
      () => ({ ...json, host: host(), origin: 'http://127.0.0.1:1' }),
      undefined,
      403,
    ],
    ['a sandboxed frame', () => ({ ...json, host: host(), origin: 'null' }), undefined, 403],
    [
      'a no-cors POST of text/plain with an origin',
      () => ({ 'content-type': 'text/plain', host: host(), origin: evil }),
      undefined,
      403,
    ],
    [
      'a no-cors POST of text/plain without an origin',
      () => ({ 'content-type': 'text/plain', host: host() }),
      undefined,
      415,
    ],
    ['a POST without a content type', () => ({ host: host() }), undefined, 415],
    [
      'a form',
      () => ({ 'content-type': 'application/x-www-form-urlencoded', host: host() }),
      'decision=approve',
      415,
    ],
    [
      'a form of enctype text/plain from its origin',
      () => ({ 'content-type': 'text/plain', host: host(), origin: evil }),
      '{"decision":"approve","x":"=',
      403,
    ],
    [
      'two content types in one',
      () => ({ 'content-type': 'text/plain; application/json', host: host() }),
      undefined,
      415,
    ],
    [
      'a rebound host name',
      () => ({ ...json, host: `evil.example:${gateway.port}`, origin: `http://evil.example` }),
      undefined,
      403,
    ],
    [
      'a rebound host name that sends no origin',
      () => ({ ...json, host: `evil.example:${gateway.port}` }),
      undefined,
      403,
    ],
    [
      'a host name that only begins like ours',
      () => ({ ...json, host: `localhost.evil.example:${gateway.port}` }),
      undefined,
      403,
    ],
    ['the right host with another port', () => ({ ...json, host: 'localhost:80' }), undefined, 403],
    ['the right host without its port', () => ({ ...json, host: 'localhost' }), undefined, 403],
    [
      'a request that a proxy passed on',
      () => ({ ...json, host: host(), 'x-forwarded-for': '127.0.0.1' }),
      undefined,
      403,
    ],
    [
      'a Forwarded header',
      () => ({ ...json, host: host(), forwarded: 'for=127.0.0.1' }),
      undefined,
      403,
    ],
    ['a Via header', () => ({ ...json, host: host(), via: '1.1 proxy' }), undefined, 403],
    [
      'a key that is wrong',
      () => ({ ...json, host: host(), authorization: `Bearer belay_00000000_${'A'.repeat(43)}` }),
      undefined,
      401,
    ],
    [
      'a key of another kind',
      () => ({ ...json, host: host(), authorization: 'Basic bG9jYWw6' }),
      undefined,
      401,
    ],
  ];

  test.each(attacks)('cannot decide by %s', async (_name, headers, body, status) => {
    const answer = await decide(headers(), body);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    await expectPending();
  });

  test('cannot read a run by a rebound host name', async () => {
    const headers = { host: `evil.example:${gateway.port}` };
    const path = `/v1/runs/${asked.runId}`;
    const answer = await sendRaw({ port: gateway.port, method: 'GET', path, headers });
    expect(answer.status).toBe(403);
    expect(codeOf(answer)).toBe('origin-refused');
  });

  test('gets no permission from a preflight', async () => {
    const answer = await sendRaw({
      port: gateway.port,
      method: 'OPTIONS',
      path: '/v1/runs',
      headers: { host: host(), origin: evil, 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(405);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-'))).toEqual([]);
  });

  test.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('cannot decide by %s', async (method) => {
    const path = `/v1/approvals/${asked.approvalId}/decisions?decision=approve`;
    const answer = await sendRaw({ port: gateway.port, method, path, headers: json });
    expect(answer.status).toBe(405);
    expect(answer.headers['allow']).toBe('POST');
    await expectPending();
  });
});

test('without the flag, a caller on this machine needs a key', async () => {
  const closed = await openGateway({ isLocalAllowed: false });
  const answer = await closed.local.call<{ code: string }>('GET', '/v1/runs');
  expect([answer.status, answer.body.code]).toEqual([401, 'unauthenticated']);
  expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  await closed.close();
});

test('the console on this machine can decide', async () => {
  const host = `localhost:${gateway.port}`;
  const answer = await decide({
    ...json,
    host,
    origin: `http://${host}`,
    'sec-fetch-site': 'same-origin',
  });
  expect(answer.status).toBe(200);
});
