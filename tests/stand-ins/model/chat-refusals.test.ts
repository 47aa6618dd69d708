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

const ask = { role: 'user', content: 'Refund order 42' };
const use = (...ids: string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({
    id,
    type: 'function',
    function: { name: 'lookup_order', arguments: '{"orderId":"42"}' },
  })),
});
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'ok' });
const tool = {
  type: 'function',
  function: { name: 'lookup_order', parameters: { type: 'object' } },
};
const valid: Json = { model: 'gpt-5', messages: [ask], tools: [tool] };

async function post(body: Json, authorization = 'Bearer any') {
  const response = await fetch(`${standIn.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

it('a completion that is not streamed is one message', async () => {
  const { status, body } = await post(valid);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    object: 'chat.completion',
    model: 'stand-in',
    choices: [
      {
        finish_reason: 'tool_calls',
        message: { tool_calls: [{ function: { name: 'lookup_order' } }] },
      },
    ],
    usage: { total_tokens: expect.any(Number) },
  });
});

describe('a completion is refused', () => {
  it('without a key', async () => {
    expect(await post(valid, 'Basic x')).toMatchObject({
      status: 401,
      body: { error: { code: 'invalid_api_key' } },
    });
  });

  it.each<[string, Json]>([
    ['with a field that nobody knows', { speling: 1 }],
    ['with two caps', { max_tokens: 1, max_completion_tokens: 1 }],
    ['that streams nothing and wants its count', { stream_options: { include_usage: true } }],
    ['with a tool message that answers no call', { messages: [ask, result('a')] }],
    ['with a call left open', { messages: [ask, use('a'), ask] }],
    ['with one of two calls left open', { messages: [ask, use('a', 'b'), result('a')] }],
    ['with two results of one call', { messages: [ask, use('a'), result('a'), result('a')] }],
    ['with two calls of one id', { messages: [ask, use('a', 'a'), result('a')] }],
    [
      'with a result of an earlier call',
      { messages: [ask, use('a'), result('a'), ask, result('a')] },
    ],
    ['that ends with an answer', { messages: [ask, { role: 'assistant', content: 'Hi' }] }],
    ['with an empty answer', { messages: [ask, { role: 'assistant', content: null }, ask] }],
    [
      'with a system message in its middle',
      { messages: [ask, { role: 'system', content: 'x' }, ask] },
    ],
    ['with a role that nobody has', { messages: [{ role: 'human', content: 'Hi' }] }],
    ['with empty content', { messages: [{ role: 'user', content: '' }] }],
    ['with a tool that is none', { tools: [{ type: 'function', function: { name: 'a b' } }] }],
  ])('%s', async (_what, change) => {
    expect(await post({ ...valid, ...change })).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error', message: expect.any(String) } },
    });
  });
});
