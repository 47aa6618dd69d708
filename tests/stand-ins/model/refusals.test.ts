import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { journalPaths } from '../../support/stand-in-folder.js';

type Json = Readonly<Record<string, unknown>>;

const newJournalPath = journalPaths();
let standIn: ModelStandIn;
beforeAll(async () => {
  const journalPath = newJournalPath();
  standIn = await startModelStandIn({ port: 0, journalPath });
});
afterAll(() => standIn.close());

const valid: Json = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: 'Refund order 42' }],
  tools: [{ name: 'lookup_order', description: 'Looks up.', input_schema: { type: 'object' } }],
};
const headers = { authorization: 'Bearer any', 'anthropic-version': '2026-10-21' };

async function post(body: unknown, sent: Readonly<Record<string, string>> = headers) {
  const response = await fetch(`${standIn.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...sent },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { response, body: (await response.json()) as Json };
}

const use = (id: string, name = 'lookup_order') => ({
  type: 'tool_use',
  id,
  name,
  input: { orderId: '42' },
});
const result = (id: string) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' });
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const text = (words: string) => ({ type: 'text', text: words });
const ask = user(text('Refund order 42'));

describe('a request that the API takes', () => {
  it('is answered with a message, a request id, the limits and what it used', async () => {
    const { response, body } = await post(valid);
    expect(response.status).toBe(200);
    expect(response.headers.get('request-id')).toMatch(/^req_/u);
    expect(response.headers.get('anthropic-ratelimit-requests-limit')).toMatch(/^\d+$/u);
    expect(
      Date.parse(response.headers.get('anthropic-ratelimit-tokens-reset') ?? ''),
    ).not.toBeNaN();
    expect(body).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'stand-in',
      stop_reason: 'tool_use',
      content: [{ type: 'text' }, { type: 'tool_use', input: { orderId: '42' } }],
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  it('may carry its key as x-api-key', async () => {
    const { response } = await post(valid, {
      'x-api-key': 'any',
      'anthropic-version': '2026-10-21',
    });
    expect(response.status).toBe(200);
  });

  it('streams the events in their order, with pings and inputs in pieces', async () => {
    const response = await fetch(`${standIn.url}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...valid, stream: true }),
    });
    const events = [...(await response.text()).matchAll(/^event: (\w+)$/gmu)].map(
      ([, name]) => name,
    );
    expect(events.filter((name, at) => name !== events[at - 1])).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_stop',
      'content_block_start',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
  });

  it('is cut at max_tokens', async () => {
    const { body } = await post({ ...valid, max_tokens: 8 });
    expect(body).toMatchObject({ stop_reason: 'max_tokens', usage: { output_tokens: 8 } });
  });
});

describe('a request is refused', () => {
  it.each([
    ['without a key', { 'anthropic-version': '2026-10-21' }, 401, 'authentication_error'],
    ['with an empty key', { ...headers, authorization: 'Bearer ' }, 401, 'authentication_error'],
    ['without a version', { authorization: 'Bearer any' }, 400, 'invalid_request_error'],
    [
      'with an old version',
      { ...headers, 'anthropic-version': '2023-06-01' },
      400,
      'invalid_request_error',
    ],
  ])('%s', async (_what, sent, status, type) => {
    const { response, body } = await post(valid, sent as Readonly<Record<string, string>>);
    expect(response.status).toBe(status);
    expect(body).toEqual({
      type: 'error',
      error: { type, message: expect.any(String) },
      request_id: response.headers.get('request-id'),
    });
  });

  it.each<[string, Json, string]>([
    ['with a temperature', { temperature: 0.5 }, 'temperature: Extra inputs are not permitted'],
    ['with top_p', { top_p: 0.5 }, 'top_p: Extra inputs'],
    ['with top_k', { top_k: 5 }, 'top_k: Extra inputs'],
    ['with an unknown field', { speling: 1 }, 'speling: Extra inputs'],
    [
      'when a tool is forced',
      { tool_choice: { type: 'tool', name: 'lookup_order' } },
      'tool_choice',
    ],
    ['when any tool is forced', { tool_choice: { type: 'any' } }, 'tool_choice'],
    ['without max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['without a model', { model: undefined }, 'model: Field required'],
    ['without messages', { messages: [] }, 'messages: at least one message'],
    ['with a nameless tool', { tools: [{ input_schema: { type: 'object' } }] }, 'tools.0.name'],
    [
      'with an ill-named tool',
      { tools: [{ name: 'look up', input_schema: { type: 'object' } }] },
      'tools.0.name',
    ],
    [
      'with a tool without schema',
      { tools: [{ name: 'lookup_order' }] },
      'tools.0.input_schema: Field required',
    ],
    [
      'with a tool whose schema is no schema',
      { tools: [{ name: 'a', input_schema: { type: 'object', required: 'orderId' } }] },
      'draft 2020-12',
    ],
    [
      'with a tool whose schema is a union',
      { tools: [{ name: 'a', input_schema: { type: 'object', oneOf: [] } }] },
      'does not support oneOf',
    ],
    [
      'with two tools of one name',
      {
        tools: [
          { name: 'a', input_schema: { type: 'object' } },
          { name: 'a', input_schema: { type: 'object' } },
        ],
      },
      'Tool names must be unique',
    ],
    [
      'with five cache breakpoints',
      {
        messages: [
          user(
            ...Array.from({ length: 5 }, () => ({
              ...text('x'),
              cache_control: { type: 'ephemeral' },
            })),
          ),
        ],
      },
      'A maximum of 4 blocks',
    ],
  ])('%s', async (_what, change, message) => {
    const { response, body } = await post({ ...valid, ...change });
    expect(response.status).toBe(400);
    expect(body['error']).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
    });
  });

  it.each<[string, readonly unknown[], string]>([
    ['that begins with an answer', [assistant(text('Hi')), ask], 'first message must use'],
    ['that ends with an answer', [ask, assistant(text('Hi'))], 'prefill'],
    ['with a call left open', [ask, assistant(use('a')), user(text('?'))], 'without `tool_result`'],
    [
      'with one of two calls left open',
      [ask, assistant(use('a'), use('b')), user(result('a'))],
      'without `tool_result`',
    ],
    [
      'with two results of one call',
      [ask, assistant(use('a')), user(result('a'), result('a'))],
      'must have a single result',
    ],
    ['with a result of no call', [user(result('a'))], 'unexpected `tool_use_id`'],
    [
      'with a result of an earlier call',
      [ask, assistant(use('a')), user(result('a')), assistant(text('Hi')), user(result('a'))],
      'unexpected `tool_use_id`',
    ],
    [
      'with text before the results',
      [ask, assistant(use('a')), user(text('so'), result('a'))],
      'must come before',
    ],
    [
      'with two calls of one id',
      [ask, assistant(use('a')), user(result('a')), assistant(use('a')), user(result('a'))],
      'must be unique',
    ],
    ['with an empty message', [{ role: 'user', content: '' }], 'non-empty content'],
    ['with no blocks', [user()], 'non-empty content'],
    ['with a blank text block', [user(text(' \n'))], 'non-whitespace text'],
    ['with a block of no known type', [user({ type: 'riddle' })], 'messages.0.content'],
    ['with a system message', [{ role: 'system', content: 'x' }, ask], 'messages.0'],
  ])('for a conversation %s', async (_what, messages, message) => {
    const { response, body } = await post({ ...valid, messages });
    expect(response.status).toBe(400);
    expect(body['error']).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
    });
  });

  it('when it is not JSON, and when nobody is asked', async () => {
    expect((await post('{')).response.status).toBe(400);
    const lost = await fetch(`${standIn.url}/v1/message`, { headers });
    expect(lost.status).toBe(404);
    expect(await lost.json()).toMatchObject({ error: { type: 'not_found_error' } });
  });

  it('and written down with the reason', async () => {
    await post({ ...valid, top_k: 7 });
    const answer = await fetch(`${standIn.url}/journal`);
    const { data } = (await answer.json()) as { data: readonly Json[] };
    expect(data.at(-1)).toMatchObject({
      status: 400,
      refusal: expect.stringContaining('top_k'),
      request: { top_k: 7 },
    });
  });
});
