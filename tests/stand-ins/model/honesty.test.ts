/** What a strict double does beside refusing: it signs, caches, counts, limits and bills as the API does. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { ModelError } from '../../../activities/models/model-error.js';
import type { ModelRequest, ModelTurn } from '../../../activities/models/model.js';
import type { ConversationMessage } from '../../../contracts/conversation.js';
import type { BillLine } from '../../../stand-ins/model/journal-entry.js';
import { createPrefixCache } from '../../../stand-ins/model/prefix-cache.js';
import { createRateLimits, type Limits } from '../../../stand-ins/model/rate-limits.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { requestWith, userMessage } from './loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const newJournalPath = journalPaths();
let standIn: ModelStandIn;
const open = async (limits?: Limits) => {
  const journalPath = newJournalPath();
  standIn = await startModelStandIn({ port: 0, journalPath, ...(limits ? { limits } : {}) });
};
beforeEach(() => open());
afterEach(() => standIn.close());

const ask = (request: ModelRequest): Promise<ModelTurn> =>
  createAnthropicModel({
    apiKey: 'any',
    baseUrl: standIn.url,
    requestTimeoutMs: 5_000,
    idleTimeoutMs: 1_000,
  }).complete(request, { signal: AbortSignal.timeout(10_000) });
const failing = (request: ModelRequest): Promise<ModelError> =>
  ask(request).then(
    () => Promise.reject(new Error('It was answered')),
    (error: ModelError) => error,
  );

/** The first two messages of a conversation that thinks, and the results that come third. */
async function thoughtful(): Promise<ConversationMessage[]> {
  const asked = userMessage('[think] Refund order 42');
  const turn = await ask(requestWith([asked]));
  const call = turn.content.find(({ type }) => type === 'tool_use');
  const order = { orderId: '42', totalCents: 500, currency: 'EUR' };
  const block = {
    type: 'tool_result',
    tool_use_id: call?.id ?? '',
    content: JSON.stringify(order),
  };
  return [asked, { role: 'assistant', content: turn.content }, { role: 'user', content: [block] }];
}

describe('a thought', () => {
  it('is taken back as it was given', async () => {
    const messages = await thoughtful();
    expect(messages[1]?.content).toMatchObject([{ type: 'thinking' }, {}, {}]);
    const turn = await ask(requestWith(messages));
    expect(turn.stop).toBe('tools');
  });

  it.each<[string, (request: ModelRequest) => ModelRequest]>([
    ['system prompt', (request) => ({ ...request, system: 'You are someone else.' })],
    ['tools', (request) => ({ ...request, tools: request.tools.slice(1) })],
    [
      'first message',
      (request) => ({
        ...request,
        messages: request.messages.with(0, userMessage('Refund order 43')),
      }),
    ],
    [
      'own signature',
      (request) => ({
        ...request,
        messages: request.messages.with(1, {
          role: 'assistant',
          content: (request.messages[1]!.content as { type: string }[]).map((block) =>
            block.type === 'thinking' ? { ...block, signature: 'c2ln' } : block,
          ),
        }),
      }),
    ],
  ])('is refused once the %s before it is another', async (_what, edit) => {
    const error = await failing(edit(requestWith(await thoughtful())));
    expect(error.code).toBe('model-rejected');
    expect(String(error.cause)).toContain('bound to a different conversation');
  });

  it('stays in its place when what comes after it is another', async () => {
    const messages = await thoughtful();
    const longer = [...messages.slice(0, 2), messages[2]!, userMessage('And quickly')];
    expect((await ask(requestWith(longer))).stop).toBe('tools');
  });
});

describe('the prompt cache', () => {
  it('reads the longest beginning that it was sent before, and writes the rest', () => {
    const cache = createPrefixCache();
    const tokens = ['tools…', 'system…', 'first…', 'second…'].map((part) => part.repeat(40));
    const take = (...parts: string[]) => cache.take({ parts, keep: '5m' });
    const [tools = '', system = '', first = '', second = ''] = tokens;
    expect(take(tools, system, first)).toMatchObject({ cache_read_input_tokens: 0 });
    const more = take(tools, system, first, second);
    expect(more.cache_read_input_tokens).toBe((tools + system + first).length / 4);
    // Another system prompt leaves the tools alone in the cache.
    const other = take(tools, `${system}!`, first, second);
    expect(other.cache_read_input_tokens).toBe(tools.length / 4);
  });

  it('forgets after five minutes, or an hour where that is asked for', () => {
    let now = 0;
    const cache = createPrefixCache(() => now);
    const parts = ['x'.repeat(400)];
    expect(cache.take({ parts, keep: '5m' }).cache_creation).toMatchObject({
      ephemeral_5m_input_tokens: 99,
    });
    now = 6 * 60_000;
    expect(cache.take({ parts, keep: '1h' })).toMatchObject({
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 99 },
    });
    now += 59 * 60_000;
    expect(cache.take({ parts, keep: '5m' }).cache_read_input_tokens).toBe(99);
    expect(cache.take({ parts, keep: null })).toMatchObject({
      input_tokens: 100,
      cache_read_input_tokens: 0,
    });
  });
});

describe('a rate limit', () => {
  it('is what its headers say: it falls with each request, refills, and refuses when it is empty', () => {
    let now = 0;
    const limits = createRateLimits(
      { requests: 2, 'input-tokens': 600, 'output-tokens': 60 },
      () => now,
    );
    const left = (kind: string) => limits.headers()[`anthropic-ratelimit-${kind}-remaining`];
    limits.take(100, 30);
    expect([left('requests'), left('input-tokens'), left('output-tokens'), left('tokens')]).toEqual(
      ['1', '500', '30', '30'],
    );
    expect(limits.headers()['anthropic-ratelimit-requests-reset']).toBe('1970-01-01T00:00:30.000Z');
    limits.take(100, 0);
    expect(() => limits.take(1, 1)).toThrow('exceed your rate limit');
    now = 30_000;
    expect(left('requests')).toBe('1');
    expect(() => limits.take(1, 1)).not.toThrow();
  });

  it('says when there is enough again, and the client hears it', async () => {
    await standIn.close();
    await open({ requests: 1, 'input-tokens': 100_000, 'output-tokens': 100_000 });
    await ask(requestWith([userMessage('Refund order 42')]));
    const error = await failing(requestWith([userMessage('Refund order 42')]));
    expect(error.code).toBe('model-rate-limited');
    expect(error.details.retryAfterMs).toBeGreaterThan(50_000);
    expect(error.details.retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});

describe('counting', () => {
  const post = async (path: string, body: object) => {
    const response = await fetch(`${standIn.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'anthropic-version': '2026-10-21' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const prompt = { model: 'm', messages: [userMessage('Refund order 42')] };

  it('says beforehand how long a prompt is', async () => {
    const counted = await post('/v1/messages/count_tokens', prompt);
    expect(counted).toEqual({ status: 200, body: { input_tokens: expect.any(Number) } });
    const { body } = await post('/v1/messages', { ...prompt, max_tokens: 100 });
    expect(body['usage']).toMatchObject({ input_tokens: counted.body['input_tokens'] });
    const refused = await post('/v1/messages/count_tokens', { ...prompt, max_tokens: 100 });
    expect(refused.status).toBe(400);
  });

  it('bills what was answered and what was lost, and nothing that was refused', async () => {
    const turn = await ask({
      ...requestWith([userMessage('Refund order 42')]),
      conversationId: 'one',
    });
    const lost = await failing({
      ...requestWith([userMessage('Refund order 43 [stall] [overload]')]),
      conversationId: 'two',
    });
    await failing({
      ...requestWith([userMessage('Refund order 43 [stall] [overload]')]),
      conversationId: 'two',
    });
    const response = await fetch(`${standIn.url}/bill`);
    const { data } = (await response.json()) as { data: readonly BillLine[] };
    expect(data).toEqual([
      { user: 'one', model: 'claude-sonnet-5-5', answers: 1, ...turn.usage },
      expect.objectContaining({ user: 'two', answers: 1 }),
    ]);
    expect(lost.details.lost?.usage.inputTokens).toBe(data[1]?.inputTokens);
  });
});
