import { describe, expect, it } from '@jest/globals';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import { askScripted, block, ending, opening, startScriptedApi } from './scripted-api.js';
import { streams, textBlock, toolBlock, writeEvents, type Events } from './scripted-api.js';

describe('a turn', () => {
  it.each([
    ['end_turn', 'final'],
    ['stop_sequence', 'final'],
    ['max_tokens', 'truncated'],
    ['pause_turn', 'paused'],
    ['refusal', 'refused'],
    ['model_context_window_exceeded', 'context-full'],
    ['toString', 'unknown'],
  ])('that stops for %s is %s', async (reason, stop) => {
    const { turn } = await askScripted(streams(textBlock(0, 'Hi'), ending(reason)));
    expect(turn?.stop).toBe(stop);
  });

  it('that stops for a reason nobody knows is not guessed at', async () => {
    const { turn } = await askScripted(streams(textBlock(0, 'Hi'), ending('something_new')));
    expect(turn?.stop).toBe('unknown');
  });

  it('carries its content verbatim, blocks of no known type included', async () => {
    const thinking = { type: 'thinking', thinking: '', signature: '' };
    const { turn } = await askScripted(
      streams(
        block(0, thinking, { type: 'signature_delta', signature: 'c2ln' }),
        block(1, { type: 'riddle', words: [1, { a: null }] }),
        toolBlock(2, '', '{"orderId":', '"42","9":1,"1":2}'),
        block(3, { ...thinking, thinking: 'so' }, { type: 'thinking_delta', thinking: ' on' }),
        toolBlock(4, ''),
        ending('tool_use'),
      ),
    );
    expect(turn).toEqual({
      content: [
        { type: 'thinking', thinking: '', signature: 'c2ln' },
        { type: 'riddle', words: [1, { a: null }] },
        {
          type: 'tool_use',
          id: 'toolu_2',
          name: 'lookup_order',
          input: { orderId: '42', 9: 1, 1: 2 },
        },
        { type: 'thinking', thinking: 'so on', signature: '' },
        { type: 'tool_use', id: 'toolu_4', name: 'lookup_order', input: {} },
      ],
      contentJson: expect.stringContaining('"input":{"orderId":"42","9":1,"1":2}'),
      stop: 'tools',
      model: 'claude-sonnet-5-5',
      pricedBy: 'anthropic',
      requestId: 'req_1',
      usage: { inputTokens: 7, outputTokens: 9, cacheReadTokens: 5, cacheWriteTokens: 0 },
    });
  });

  it.each([
    ['cut short, which the SDK would complete in silence', '{"to":"a","amount":100'],
    ['not JSON', '{"to":]'],
  ])('whose tool input is %s is not usable', async (_what, json) => {
    const { error } = await askScripted(streams(toolBlock(0, json), ending('tool_use')));
    expect(error?.code).toBe('model-output-invalid');
  });

  it('that asks for tools and names none is not usable', async () => {
    const { error } = await askScripted(streams(textBlock(0, 'Hi'), ending('tool_use')));
    expect(error?.code).toBe('model-output-invalid');
  });

  it('is truncated, not unusable, where max_tokens cut its input', async () => {
    const { turn } = await askScripted(streams(toolBlock(0, '{"a":1'), ending('max_tokens')));
    expect(turn?.stop).toBe('truncated');
  });
});

describe('the request', () => {
  it('streams, names its version, run and effort, and nothing that current models refuse', async () => {
    let sent: Readonly<Record<string, unknown>> = {};
    let headers: NodeJS.Dict<string | string[]> = {};
    const api = await startScriptedApi(async (response, incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      sent = JSON.parse(Buffer.concat(chunks).toString()) as typeof sent;
      headers = { ...incoming.headers, path: incoming.url };
      streams(textBlock(0, 'Hi'), ending('end_turn'))(response, incoming);
    });
    const model = createAnthropicModel({
      apiKey: 'key',
      baseUrl: `${api.url}/v1/`,
      requestTimeoutMs: 5_000,
      idleTimeoutMs: 5_000,
    });
    await model.complete(
      {
        provider: 'anthropic',
        model: 'claude-sonnet-5-5',
        system: 'Be brief.',
        tools: [{ name: 'a', description: 'A.', inputSchema: { type: 'object', properties: {} } }],
        messages: [{ role: 'user', content: [{ type: 'riddle', text: 'kept' }] }],
        maxOutputTokens: 99,
        effort: 'low',
        conversationId: 'run_1',
      },
      { signal: new AbortController().signal },
    );
    await api.close();
    const cache_control = { type: 'ephemeral' };
    expect(sent).toEqual({
      model: 'claude-sonnet-5-5',
      max_tokens: 99,
      system: [{ type: 'text', text: 'Be brief.', cache_control }],
      tools: [
        {
          name: 'a',
          description: 'A.',
          input_schema: { type: 'object', properties: {} },
          cache_control,
        },
      ],
      output_config: { effort: 'low' },
      messages: [{ role: 'user', content: [{ type: 'riddle', text: 'kept', cache_control }] }],
      metadata: { user_id: 'run_1' },
      stream: true,
    });
    expect(headers).not.toHaveProperty('x-api-key');
    expect(headers).not.toHaveProperty('anthropic-beta');
    expect(headers).toMatchObject({
      path: '/v1/messages',
      'content-type': 'application/json',
      authorization: 'Bearer key',
      'anthropic-version': '2026-10-21',
    });
  });
});

describe('an answer that breaks off', () => {
  it('is reckoned with what had come and a little on its way, unless it was counted', async () => {
    const [counted] = ending('end_turn');
    const came = textBlock(0, 'Hi, '.repeat(10));
    const lostAfter = async (...events: readonly Events[]) =>
      (await askScripted(streams(...events))).error?.details.lost?.usage;
    expect(await lostAfter(came)).toMatchObject({ inputTokens: 7, outputTokens: 18 });
    expect(await lostAfter(textBlock(0, 'Hi'), [counted!])).toMatchObject({ outputTokens: 9 });
  });
});

describe('the watchdog', () => {
  it('ends a stream that has fallen silent', async () => {
    const from = performance.now();
    const { error } = await askScripted(
      (response) => writeEvents(response, [opening, ...textBlock(0, 'Hi')]),
      { idleTimeoutMs: 60 },
    );
    expect(error?.code).toBe('model-stalled');
    expect(performance.now() - from).toBeLessThan(2_000);
  });

  it('ends a stream that sends headers and nothing else', async () => {
    const { error } = await askScripted(
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
      },
      { idleTimeoutMs: 60 },
    );
    expect(error?.code).toBe('model-stalled');
  }, 3_000);

  it('lets a stream live that sends pings only, however long it thinks', async () => {
    let pings = 0;
    const { turn } = await askScripted(
      (response) => {
        writeEvents(response, [opening]);
        const timer = setInterval(() => {
          pings += 1;
          writeEvents(response, [['ping', {}]]);
          if (pings < 12) return;
          clearInterval(timer);
          writeEvents(response, [...textBlock(0, 'Hi'), ...ending('end_turn')]);
          response.end();
        }, 40);
      },
      { idleTimeoutMs: 250 },
    );
    expect(turn?.stop).toBe('final');
  });
});

describe('cancelling', () => {
  it('ends a request before it is sent', async () => {
    const { error } = await askScripted(streams(ending('end_turn')), {
      signal: AbortSignal.abort(),
    });
    expect(error?.code).toBe('run-cancelled');
  });

  it('ends a request that waits for its headers', async () => {
    const cancel = new AbortController();
    const { error } = await askScripted(() => cancel.abort(), { signal: cancel.signal });
    expect(error?.code).toBe('run-cancelled');
  });

  it('ends a stream in its middle and closes the connection', async () => {
    const cancel = new AbortController();
    let closed: Promise<unknown> = Promise.reject(new Error('never asked'));
    closed.catch(() => undefined);
    const { error } = await askScripted(
      (response) => {
        closed = new Promise((resolve) => response.once('close', resolve));
        writeEvents(response, [opening]);
        response.write(': so far\n\n', () => cancel.abort());
      },
      { signal: cancel.signal },
    );
    expect(error?.code).toBe('run-cancelled');
    await closed;
  });
});
