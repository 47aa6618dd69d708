/** What servers of chat completions do that the stand-in does not: each is met in the field. */
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createOpenAiCompatibleModel } from '../../../activities/models/openai-compatible.js';
import type { ModelRequest, ModelTurn } from '../../../activities/models/model.js';
import type { ModelError } from '../../../activities/models/model-error.js';
import { startScriptedApi, type Script } from './scripted-api.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const request: ModelRequest = {
  provider: 'openai-compatible',
  model: 'qwen3',
  system: 'Be brief.',
  tools: [{ name: 'a', description: 'A.', inputSchema: { type: 'object', properties: {} } }],
  messages: [{ role: 'user', content: 'Hello' }],
  maxOutputTokens: 99,
  conversationId: 'run_1',
};

type Chunk = Readonly<Record<string, unknown>>;
const choice = (delta: object, finish: string | null = null): Chunk => ({
  model: 'qwen3',
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const usage: Chunk = { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } };
const done = '[DONE]';

const streams =
  (...chunks: readonly (Chunk | string)[]): Script =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    for (const chunk of chunks) {
      response.write(`data: ${typeof chunk === 'string' ? chunk : JSON.stringify(chunk)}\r\n\r\n`);
    }
    response.end();
  };

async function ask(
  script: Script,
  asked: ModelRequest = request,
): Promise<{ turn?: ModelTurn; error?: ModelError }> {
  const api = await startScriptedApi(script);
  const model = createOpenAiCompatibleModel({
    apiKey: 'key',
    baseUrl: api.url,
    requestTimeoutMs: 3_000,
    idleTimeoutMs: 3_000,
  });
  try {
    return await model.complete(asked, { signal: AbortSignal.timeout(5_000) }).then(
      (turn) => ({ turn }),
      (error: ModelError) => ({ error }),
    );
  } finally {
    await api.close();
  }
}

const called = (index: number | null, id: string | null, json: string, name = 'a') =>
  choice({ tool_calls: [{ index, id, function: { name, arguments: json } }] });

describe('a call', () => {
  it('is put together from its pieces, those of several at once', async () => {
    const { turn } = await ask(
      streams(
        called(0, 'call_1', '{"x"', 'a'),
        called(1, 'call_2', '{}', 'b'),
        called(0, null, ':1}'),
        choice({}, 'tool_calls'),
        usage,
        done,
      ),
    );
    expect(turn).toMatchObject({
      stop: 'tools',
      content: [
        { type: 'tool_use', id: 'call_1', name: 'a', input: { x: 1 } },
        { type: 'tool_use', id: 'call_2', name: 'b', input: {} },
      ],
    });
  });

  it('is told from the next by its id, where all have one index', async () => {
    const { turn } = await ask(
      streams(called(null, 'c1', '{}'), called(null, 'c2', '{}'), choice({}, 'stop'), done),
    );
    expect(turn?.content.map(({ id }) => id)).toEqual(['c1', 'c2']);
    // Some servers say that they stopped, and have called.
    expect(turn?.stop).toBe('tools');
  });

  it.each([
    ['has none', ''],
    ['has an odd one', 'call/1 ü'],
    ['has one that was used before', 'call_1'],
  ])('gets an id of ours where it %s, the same each time', async (_how, id) => {
    const messages: ModelRequest['messages'] = [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'a', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: 'ok' }] },
    ];
    const script = streams(called(0, id, '{}'), choice({}, 'tool_calls'), done);
    const ids = [];
    for (const _ of [1, 2]) {
      const { turn } = await ask(script, { ...request, messages });
      ids.push(turn?.content[0]?.id);
    }
    expect(ids[0]).toMatch(/^call_[0-9a-f]{24}$/);
    expect(ids[1]).toBe(ids[0]);
  });

  it('that is garbled is not usable, unless the cap cut it', async () => {
    const half = called(0, 'call_1', '{"x"');
    const { error } = await ask(streams(half, choice({}, 'tool_calls'), done));
    expect(error?.code).toBe('model-output-invalid');
    const { turn } = await ask(streams(half, choice({}, 'length'), done));
    expect(turn).toMatchObject({ stop: 'truncated', content: [{ input: {} }] });
  });
});

describe('a stream', () => {
  it('counts as whole once it says why it ended', async () => {
    const { turn } = await ask(streams(choice({ content: 'Hi' }), choice({}, 'stop'), usage));
    expect(turn).toMatchObject({
      content: [{ type: 'text', text: 'Hi' }],
      stop: 'final',
      usage: { inputTokens: 9, outputTokens: 4, cacheReadTokens: 0 },
    });
    const { error } = await ask(streams(choice({ content: 'Hi' }), done));
    expect(error?.code).toBe('model-unreachable');
  });

  it('without a count of tokens is counted by us, and says so', async () => {
    const { turn } = await ask(streams(choice({ content: 'Hello you' }), choice({}, 'stop'), done));
    expect(turn?.usage).toMatchObject({ isEstimate: true, outputTokens: 3 });
    expect(turn?.usage.inputTokens).toBeGreaterThan(20);
  });

  it('leaves out what is thought, which no such server takes back', async () => {
    const thought = choice({ reasoning_content: 'Hm.' });
    const { turn } = await ask(streams(thought, choice({ content: 'Hi' }, 'stop'), usage, done));
    expect(turn?.content).toEqual([{ type: 'text', text: 'Hi' }]);
  });

  it('that refuses in words is a refusal', async () => {
    const { turn } = await ask(streams(choice({ refusal: 'No.' }), choice({}, 'stop'), done));
    expect(turn).toMatchObject({ stop: 'refused', content: [{ text: 'No.' }] });
  });

  it.each([
    ['an error of the model’s', { error: { code: 429, message: 'x' } }, 'model-rate-limited'],
    ['an error by its word', { error: { type: 'overloaded_error' } }, 'model-overloaded'],
    ['an error without a word', { error: 'x' }, 'model-unreachable'],
    ['no JSON', '<html>', 'model-unreachable'],
    ['JSON that is no chunk', { choices: 'none' }, 'model-unreachable'],
  ])('that breaks off with %s', async (_what, last, code) => {
    const { error } = await ask(streams(choice({ content: 'Hi' }), last as Chunk));
    expect(error).toMatchObject({ code, details: { lost: { usage: { isEstimate: true } } } });
  });
});

describe('a refusal', () => {
  const refuses =
    (status: number, body: unknown): Script =>
    (response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
  const vllm = "This model's maximum context length is 9 tokens.";
  const llama = { code: 400, type: 'exceed_context_size_error' };
  it.each<[string, number, unknown, string]>([
    ['OpenRouter without credit', 402, { error: { code: 402 } }, 'model-quota'],
    ['vLLM, of length', 400, { error: { message: vllm, code: 400 } }, 'model-context-too-long'],
    ['older vLLM, of length', 400, { message: vllm, code: 400 }, 'model-context-too-long'],
    ['llama.cpp, of length', 400, { error: llama }, 'model-context-too-long'],
    ['Azure, of content', 400, { error: { code: 'content_filter' } }, 'model-refused'],
    ['Ollama, of a model', 404, { error: 'model not found' }, 'model-rejected'],
    ['OpenAI, of quota', 429, { error: { code: 'insufficient_quota' } }, 'model-quota'],
    ['OpenAI, of rate', 429, { error: { type: 'tokens' } }, 'model-rate-limited'],
    ['a server that is overloaded', 503, { error: { type: 'server_error' } }, 'model-overloaded'],
    ['a server that streams nothing', 200, { choices: [] }, 'model-unreachable'],
  ])('by %s', async (_who, status, body, code) => {
    const { error } = await ask(refuses(status, body));
    expect(error?.code).toBe(code);
  });

  it('takes no key to another place', async () => {
    const { error } = await ask((response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:9/' });
      response.end();
    });
    expect(error?.code).toBe('model-unreachable');
  });
});

describe('the request', () => {
  const sentTo = async (baseUrl?: string, more: Partial<ModelRequest> = {}) => {
    const fetched = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('not sent'));
    const model = createOpenAiCompatibleModel({
      apiKey: 'key',
      ...(baseUrl === undefined ? {} : { baseUrl }),
      requestTimeoutMs: 1_000,
      idleTimeoutMs: 1_000,
    });
    const signal = AbortSignal.timeout(1_000);
    await expect(model.complete({ ...request, ...more }, { signal })).rejects.toThrow();
    const [url, init] = fetched.mock.calls[0] ?? [];
    return { url, init, body: JSON.parse(init?.body as string) as unknown };
  };

  it('streams, counts, and names the cap as OpenAI wants it', async () => {
    const { url, init, body } = await sentTo(undefined, { effort: 'max' });
    expect(url).toBe('https://api.openai.com/v1/chat/completions');
    expect(init?.headers).toMatchObject({ authorization: 'Bearer key' });
    expect(body).toEqual({
      model: 'qwen3',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'a',
            description: 'A.',
            parameters: { type: 'object', properties: {} },
          },
        },
      ],
      max_completion_tokens: 99,
      reasoning_effort: 'high',
      user: 'run_1',
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('names the cap as everybody else takes it', async () => {
    const { url, body } = await sentTo('http://127.0.0.1:11434/v1/');
    expect(url).toBe('http://127.0.0.1:11434/v1/chat/completions');
    expect(body).toMatchObject({ max_tokens: 99 });
    expect(body).not.toHaveProperty('max_completion_tokens');
  });

  it('projects what there is no word for: thoughts go, errors are said, results come one by one', async () => {
    const { body } = await sentTo('http://127.0.0.1:1', {
      system: '',
      messages: [
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: [{ type: 'thinking' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking' },
            { type: 'tool_use', id: 'c1', name: 'a', input: { x: 1 } },
            { type: 'tool_use', id: 'c2', name: 'a' },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'ok' }] },
            { type: 'tool_result', tool_use_id: 'c2', content: 'lost', is_error: true },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    });
    const callOf = (id: string, json: string) => ({
      id,
      type: 'function',
      function: { name: 'a', arguments: json },
    });
    expect((body as { messages: unknown }).messages).toEqual([
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [callOf('c1', '{"x":1}'), callOf('c2', '{}')],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'ok' },
      { role: 'tool', tool_call_id: 'c2', content: 'Error: lost' },
      { role: 'user', content: 'And?' },
    ]);
  });
});
