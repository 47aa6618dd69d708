import { appendFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import { startModelStandIn, type ModelStandIn } from '../../../stand-ins/model/server.js';
import { slowPauseMs, slowPieces } from '../../../stand-ins/model/stream.js';
import { requestWith, userMessage } from './loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

let journalPath: string;
const newJournalPath = journalPaths();
let standIn: ModelStandIn;

beforeEach(async () => {
  journalPath = newJournalPath();
  standIn = await startModelStandIn({ port: 0, journalPath });
});
afterEach(() => standIn.close());

/** What became of one request: how the turn ended, or the code of the failure. */
async function ask(text: string, conversationId?: string): Promise<string> {
  const model = createAnthropicModel({
    apiKey: 'any',
    baseUrl: standIn.url,
    requestTimeoutMs: 5_000,
    idleTimeoutMs: 200,
  });
  const request = requestWith([userMessage(text)]);
  const asked = conversationId === undefined ? request : { ...request, conversationId };
  return model.complete(asked, { signal: AbortSignal.timeout(3_000) }).then(
    (turn) => turn.stop,
    (error: { code: string; details: { retryAfterMs?: number } }) =>
      [error.code, error.details.retryAfterMs].filter((part) => part !== undefined).join(' '),
  );
}

async function askTimes(count: number, text: string, conversationId?: string): Promise<string[]> {
  const answers: string[] = [];
  for (let n = 0; n < count; n += 1) answers.push(await ask(text, conversationId));
  return answers;
}

describe('a fault by request', () => {
  it.each([
    ['[overload]', ['model-overloaded', 'tools']],
    ['[overload x3]', ['model-overloaded', 'model-overloaded', 'model-overloaded', 'tools']],
    ['[rate-limit]', ['model-rate-limited 1000', 'tools']],
    ['[cut-stream x2]', ['model-unreachable', 'model-unreachable', 'tools']],
    ['[stall]', ['model-stalled', 'tools']],
    ['[overload] [stall]', ['model-overloaded', 'model-stalled', 'tools']],
    ['[calm x2] [overload]', ['tools', 'tools', 'model-overloaded', 'tools']],
  ])('%s is served to the first requests of a conversation', async (word, expected) => {
    expect(await askTimes(expected.length, `Refund order 42 ${word}`)).toEqual(expected);
  });

  it('is counted for each conversation by itself', async () => {
    const text = 'Refund order 42 [overload]';
    expect(await askTimes(2, text, 'run-1')).toEqual(['model-overloaded', 'tools']);
    expect(await askTimes(2, text, 'run-2')).toEqual(['model-overloaded', 'tools']);
  });

  it('is not served again to a user whose conversation begins in another way now', async () => {
    expect(await ask('Refund order 42 [overload] [stall]', 'run-1')).toBe('model-overloaded');
    expect(await ask('Refund order 42 [overload] [stall]: summed up', 'run-1')).toBe(
      'model-stalled',
    );
    const answer = await fetch(`${standIn.url}/journal?user=run-1`);
    expect(await answer.json()).toMatchObject({
      data: [{ fault: 'overload' }, { fault: 'stall' }],
    });
    const others = await fetch(`${standIn.url}/journal?user=run-2`);
    expect(await others.json()).toEqual({ data: [] });
  });

  it('is not served again after a restart, nor after a line torn by a kill', async () => {
    const text = 'Refund order 42 [overload x2]';
    expect(await ask(text)).toBe('model-overloaded');
    await standIn.close();
    appendFileSync(journalPath, '{"at":"2026-11-21T10:0');
    standIn = await startModelStandIn({ port: 0, journalPath });
    expect(await askTimes(2, text)).toEqual(['model-overloaded', 'tools']);
    const answer = await fetch(`${standIn.url}/journal`);
    const { data } = (await answer.json()) as { data: readonly unknown[] };
    expect(data).toMatchObject([
      { status: 529, fault: 'overload', model: 'claude-sonnet-5-5', messages: 1 },
      { status: 529, fault: 'overload' },
      { status: 200, fault: null, request: { messages: [{ role: 'user' }] } },
    ]);
  });

  it.each(['cut-stream', 'stall'])('[%s] breaks off in the middle of a tool call', async (word) => {
    const { text, ending } = await readRaw(`Refund order 42 [${word}]`);
    expect(text).toContain('"type":"tool_use"');
    expect(text).toContain('input_json_delta');
    expect(text).not.toContain('message_stop');
    expect(ending).toBe(word === 'stall' ? 'silence' : 'reset');
  });

  it('cuts a stream by a reset and by a clean end in turn', async () => {
    const message = 'Refund order 42 [cut-stream x2]';
    expect((await readRaw(message)).ending).toBe('reset');
    expect((await readRaw(message)).ending).toBe('end');
  });
});

describe('[slow]', () => {
  it('takes at least four seconds in all', () => {
    expect(slowPauseMs * slowPieces).toBeGreaterThanOrEqual(4_000);
  });

  it.each(['Refund order 42 [slow]', 'Hi [slow]'])('sends "%s" in many pieces', async (text) => {
    await standIn.close();
    standIn = await startModelStandIn({ port: 0, journalPath, slowPauseMs: 5 });
    const startedAt = performance.now();
    expect(await readChunks(text)).toBeGreaterThanOrEqual(slowPieces);
    expect(performance.now() - startedAt).toBeGreaterThan(slowPieces * 4);
  });
});

it('closes at once while a stream hangs', async () => {
  const reading = readRaw('Refund order 42 [slow]');
  const seen = await Promise.race([reading, standIn.close().then(() => 'closed')]);
  expect(seen).toBe('closed');
  await reading;
  standIn = await startModelStandIn({ port: 0, journalPath });
});

const post = (text: string, signal?: AbortSignal) =>
  fetch(`${standIn.url}/v1/messages`, {
    method: 'POST',
    headers: { authorization: 'Bearer any', 'anthropic-version': '2026-10-21' },
    body: JSON.stringify({
      model: 'claude-sonnet-5-5',
      max_tokens: 1_000,
      stream: true,
      messages: [userMessage(text)],
      tools: [{ name: 'lookup_order', input_schema: { type: 'object' } }],
    }),
    ...(signal === undefined ? {} : { signal }),
  });

async function readChunks(text: string): Promise<number> {
  let chunks = 0;
  for await (const _chunk of (await post(text)).body ?? []) chunks += 1;
  return chunks;
}

/** Reads a stream until it ends, breaks, or keeps silent for 300 ms. */
async function readRaw(
  message: string,
): Promise<{ text: string; ending: 'end' | 'reset' | 'silence' }> {
  const silence = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let text = '';
  try {
    const response = await post(message, silence.signal);
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8');
      clearTimeout(timer);
      if (!message.includes('[slow]')) timer = setTimeout(() => silence.abort(), 300);
    }
    return { text, ending: 'end' };
  } catch {
    return { text, ending: silence.signal.aborted ? 'silence' : 'reset' };
  } finally {
    clearTimeout(timer);
  }
}
