/** The bytes that the real SDK sends to the strict stand-in, turn after turn (P8). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { createAnthropicModel } from '../../../activities/models/anthropic.js';
import type { SentMessage } from '../../../activities/models/model.js';
import { startModelStandIn } from '../../../stand-ins/model/server.js';
import { readBody } from '../../../stand-ins/http.js';
import { requestWith, shopOrder } from '../../stand-ins/model/loop.js';
import { journalPaths } from '../../support/stand-in-folder.js';

const newJournalPath = journalPaths();

/** A proxy that keeps every body as it came. */
async function recordingProxy(target: string) {
  const bodies: string[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const pass = async () => {
      const body = await readBody(request);
      bodies.push(body);
      const { host: _, ...headers } = request.headers as Record<string, string>;
      const answer = await fetch(`${target}${request.url}`, { method: 'POST', headers, body });
      statuses.push(answer.status);
      response.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
      });
      response.end(await answer.text());
    };
    pass().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url, bodies, statuses, close };
}

const mark = ',"cache_control":{"type":"ephemeral"}';
const marksIn = (body: string): number => body.split(mark).length - 1;
/** Without breakpoints, and up to the bracket that closes the messages. */
const beginningOf = (body: string): string => {
  const plain = body.replaceAll(mark, '');
  return plain.slice(0, plain.lastIndexOf('],"stream"'));
};

it('a turn’s request begins with the bytes of the one before it, and the strict rules take each', async () => {
  const standIn = await startModelStandIn({ port: 0, journalPath: newJournalPath() });
  const proxy = await recordingProxy(standIn.url);
  const model = createAnthropicModel({
    apiKey: 'any',
    baseUrl: proxy.url,
    requestTimeoutMs: 10_000,
    idleTimeoutMs: 10_000,
  });
  const orders = Array.from({ length: 12 }, (_, index) => String(1_001 + index));
  const text = `[think] [one-at-a-time] Refund orders ${orders.slice(0, 3).join(', ')}`;
  const messages: SentMessage[] = [{ role: 'user', content: [{ type: 'text', text }] }];
  let reads = 0;
  for (let turn = 1; turn <= 9; turn += 1) {
    const answer = await model.complete(requestWith(messages), {
      signal: AbortSignal.timeout(10_000),
    });
    if (turn > 1) expect(answer.usage.cacheReadTokens).toBeGreaterThan(reads);
    reads = answer.usage.cacheReadTokens;
    messages.push({
      role: 'assistant',
      content: answer.content,
      ...(answer.contentJson === undefined ? {} : { json: answer.contentJson }),
    });
    if (answer.stop === 'final') break;
    const results = answer.content
      .filter(({ type }) => type === 'tool_use')
      .map(({ id = '', name, input }) => {
        const { orderId } = input as { orderId: string };
        const refund = { ...(input as object), refundId: `re_${orderId}`, status: 'succeeded' };
        const result = name === 'lookup_order' ? shopOrder(orderId, 1_000) : refund;
        return { type: 'tool_result', tool_use_id: id, content: JSON.stringify(result) };
      });
    messages.push({ role: 'user', content: results });
  }
  await Promise.all([proxy.close(), standIn.close()]);
  expect(messages.at(-1)?.role).toBe('assistant');
  expect(new Set(proxy.statuses)).toEqual(new Set([200]));
  expect(proxy.bodies.length).toBeGreaterThanOrEqual(7);
  for (const [index, body] of proxy.bodies.entries()) {
    expect(marksIn(body)).toBeGreaterThanOrEqual(3);
    expect(marksIn(body)).toBeLessThanOrEqual(4);
    const before = proxy.bodies[index - 1];
    if (before !== undefined) {
      expect(body.replaceAll(mark, '').startsWith(beginningOf(before))).toBe(true);
    }
  }
}, 60_000);
