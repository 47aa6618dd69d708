import { describe, expect, it } from '@jest/globals';
import { ending, opening, askScripted, streams, textBlock } from './scripted-api.js';
import { toolBlock, writeEvents, type Script } from './scripted-api.js';

type Headers = Readonly<Record<string, string>>;

const refuses =
  (
    status: number,
    type: string | null,
    errorCode: string | null = null,
    headers: Headers = {},
    words = 'overloaded, rate limit, credit balance',
  ) =>
  (response: Parameters<Script>[0]): void => {
    const error = {
      type,
      message: words,
      ...(errorCode === null ? {} : { details: { error_code: errorCode } }),
    };
    response.writeHead(status, {
      'content-type': 'application/json',
      'request-id': 'req_7',
      ...headers,
    });
    response.end(JSON.stringify({ type: 'error', error }));
  };

describe('an answer that is an error', () => {
  it.each<[string, Script, string]>([
    ['529', refuses(529, 'overloaded_error'), 'model-overloaded'],
    ['500', refuses(500, 'api_error'), 'model-unreachable'],
    ['503 without a type', refuses(503, null), 'model-overloaded'],
    ['504', refuses(504, 'timeout_error'), 'model-unreachable'],
    ['408', refuses(408, null), 'model-unreachable'],
    ['409', refuses(409, 'conflict_error'), 'model-unreachable'],
    ['429', refuses(429, 'rate_limit_error'), 'model-rate-limited'],
    ['429 while ramping up', ramp(), 'model-rate-limited'],
    ['429 at the spending limit', spend('enforced_spend_limit_reached'), 'model-quota'],
    ['429 at the contract limit', spend('contract_spend_limit_reached'), 'model-quota'],
    ['429 that no retry can help', noRetry(429, 'rate_limit_error'), 'model-quota'],
    ['402', refuses(402, 'billing_error'), 'model-quota'],
    ['400 at our own limit', refuses(400, 'billing_error'), 'model-quota'],
    ['400', refuses(400, 'invalid_request_error'), 'model-rejected'],
    ['401', refuses(401, 'authentication_error'), 'model-rejected'],
    ['403', refuses(403, 'permission_error'), 'model-rejected'],
    ['404', refuses(404, 'not_found_error'), 'model-rejected'],
    ['413', refuses(413, 'request_too_large'), 'model-context-too-long'],
    ['413 without a type', refuses(413, null), 'model-context-too-long'],
    ['400 that names the length', tooLong('prompt is too long: 9 > 8'), 'model-context-too-long'],
    [
      '400 that names the length and the cap',
      tooLong('input length and `max_tokens` exceed context limit: 9 + 2 > 8'),
      'model-context-too-long',
    ],
    ['422', refuses(422, null), 'model-rejected'],
    ['418 of no known type', refuses(418, 'teapot_error'), 'model-rejected'],
    ['500 that no retry can help', noRetry(500, 'api_error'), 'model-rejected'],
    ['400 that a retry can help', mayRetry(400, 'invalid_request_error'), 'model-unreachable'],
    ['HTML from a proxy', html(502), 'model-unreachable'],
  ])('%s', async (_what, script, code) => {
    const { error } = await askScripted(script);
    expect(error).toMatchObject({ name: 'ModelError', code });
  });

  it('keeps the request id, and keeps foreign text out of its message', async () => {
    const { error } = await askScripted(refuses(529, 'overloaded_error'));
    expect(error?.details.requestId).toBe('req_7');
    expect(error?.message).toBe('The model is overloaded');
  });

  it.each<[Headers, number | undefined]>([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after': '3', 'retry-after-ms': '250.2' }, 251],
    [{ 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{}, undefined],
  ])('%j says when to come back', async (headers, expected) => {
    const { error } = await askScripted(refuses(429, 'rate_limit_error', null, headers));
    expect(error?.details.retryAfterMs).toBe(expected);
  });

  it('is not retried here', async () => {
    let requests = 0;
    await askScripted((response) => {
      requests += 1;
      mayRetry(529, 'overloaded_error')(response);
    });
    expect(requests).toBe(1);
  });
});

describe('a stream that breaks', () => {
  it.each([
    ['overloaded_error', 'model-overloaded'],
    ['rate_limit_error', 'model-rate-limited'],
    ['api_error', 'model-unreachable'],
    ['billing_error', 'model-quota'],
    ['invalid_request_error', 'model-rejected'],
    ['riddle_error', 'model-unreachable'],
  ])('with an event that says %s is %s', async (type, code) => {
    const { error } = await askScripted(streams([['error', { error: { type, message: 'x' } }]]));
    expect(error?.code).toBe(code);
  });

  it('by a reset is model-unreachable', async () => {
    const { error } = await askScripted((response) => {
      writeEvents(response, [opening]);
      response.write('\n', () => response.socket?.resetAndDestroy());
    });
    expect(error?.code).toBe('model-unreachable');
  });

  it.each([
    ['before its first event', (response: Parameters<Script>[0]) => writeEvents(response, [])],
    [
      'in a text',
      (response: Parameters<Script>[0]) =>
        writeEvents(response, [opening, ...textBlock(0, 'Hi').slice(0, 2)]),
    ],
    [
      'in a tool call',
      (response: Parameters<Script>[0]) =>
        writeEvents(response, [opening, ...toolBlock(0, '{"amount":100').slice(0, 2)]),
    ],
    [
      'before its last event',
      (response: Parameters<Script>[0]) =>
        writeEvents(response, [opening, ...textBlock(0, 'Hi'), ...ending('end_turn').slice(0, 1)]),
    ],
  ])('by a clean end %s is model-unreachable', async (_where, write) => {
    const { error } = await askScripted((response) => {
      write(response);
      response.end();
    });
    expect(error?.code).toBe('model-unreachable');
  });

  it('before any header is model-unreachable', async () => {
    const silent: Script = () => undefined;
    expect((await askScripted(silent, { requestTimeoutMs: 50 })).error?.code).toBe(
      'model-unreachable',
    );
    const refused: Script = (response) => response.socket?.destroy();
    expect((await askScripted(refused)).error?.code).toBe('model-unreachable');
  });
});

function tooLong(words: string): Script {
  return refuses(400, 'invalid_request_error', null, {}, words);
}
function ramp(): Script {
  return refuses(429, 'rate_limit_error', 'ramp_limit_exceeded');
}
function spend(code: string): Script {
  return refuses(429, 'rate_limit_error', code);
}
function noRetry(status: number, type: string): Script {
  return refuses(status, type, null, { 'x-should-retry': 'false' });
}
function mayRetry(status: number, type: string): (response: Parameters<Script>[0]) => void {
  return refuses(status, type, null, { 'x-should-retry': 'true' });
}
function html(status: number): Script {
  return (response) => {
    response.writeHead(status, { 'content-type': 'text/html' });
    response.end('<h1>Bad gateway</h1>');
  };
}
