/** A conversation that is compacted: what is asked of the model, and what the next part begins with (P8). */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isCompactionDue,
  seedContent,
  shortSummaryRequest,
  summaryRequest,
} from '../../activities/compaction.js';
import { messagesJson } from '../../activities/models/wire-messages.js';
import type { SentMessage } from '../../activities/models/model.js';
import { findConversationFault } from '../../contracts/conversation.js';
import type { DoneCall } from '../../store/epochs.js';
import type { LoadedTurn } from '../../store/turns.js';
import { histories, sentAt, type Turn } from '../support/histories-of-blocks.js';
import { deskSpec } from '../support/agents.js';
import { loadedAt, requestOf } from '../support/loaded-turn.js';

const history = histories(4);
const runs = { numRuns: 50 };

const callOf = (result: string): DoneCall => ({
  id: 'call_1',
  tool: 'issue_refund',
  args: '{"orderId":"42"}',
  outcome: 'succeeded',
  result,
});

const unmarked = (messages: readonly SentMessage[]): string =>
  messagesJson(messages).replaceAll(',"cache_control":{"type":"ephemeral"}', '');

describe('a summary', () => {
  it('is asked for after the very bytes that were sent before, and the strict rules take it', () => {
    fc.assert(
      fc.property(history, (turns) => {
        const request = requestOf(sentAt(turns, turns.length + 1));
        const summary = summaryRequest(request);
        // Up to the two brackets that close the last message and the messages.
        const before = unmarked(request.messages).slice(0, -3);
        expect(unmarked(summary.messages).startsWith(before)).toBe(true);
        expect(findConversationFault(summary.messages)).toBeNull();
        expect(summary).toMatchObject({ forbidsCalls: true, system: request.system });
      }),
      runs,
    );
  });

  it('of what does not fit is asked for from a bounded text, without what a model thought', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 2_000, max: 9_000 }), (turns, budget) => {
        const request = requestOf(sentAt(turns, turns.length + 1));
        const { messages } = shortSummaryRequest(request, budget);
        expect(messages).toHaveLength(1);
        expect([...(messages[0]?.json ?? '')].length).toBeLessThan(8 * budget);
        expect(messages[0]?.json).not.toContain('"thinking"');
        expect(findConversationFault(messages)).toBeNull();
      }),
      runs,
    );
  });
});

describe('the message that goes on', () => {
  it('says word for word what was asked, what the ledger says was done, and the summary', () => {
    const request = requestOf(sentAt([], 1));
    const seed = { summary: 'Order 42 was looked at.', effects: [callOf('"re_1"')], more: 3 };
    const [task, told] = JSON.parse(seedContent(loadedAt([]), request, seed)) as { text: string }[];
    expect(task?.text).toBe('Refund order 42, "word for word"');
    expect(told?.text).toContain('Order 42 was looked at.');
    expect(told?.text).toContain('issue_refund {"orderId":"42"} → succeeded: "re_1"');
    expect(told?.text).toContain('3 earlier left out');
  });

  it('is one that the strict rules take, is bounded, and names each of the last results', () => {
    fc.assert(
      fc.property(history, fc.option(fc.string()), fc.nat(100_000), (turns, summary, size) => {
        const loaded = loadedAt(turns, [callOf('r'.repeat(size)), callOf('')]);
        const request = requestOf(sentAt(turns, turns.length + 1));
        const json = seedContent(loaded, request, { summary, effects: [], more: 0 });
        const content = JSON.parse(json) as SentMessage['content'];
        expect(findConversationFault([{ role: 'user', content }])).toBeNull();
        expect(json.length).toBeLessThan(200_000);
        expect(json.match(/issue_refund/gu)).toHaveLength(2);
      }),
      runs,
    );
  });
});

describe('compaction', () => {
  const spec = deskSpec({ outputTokensPerTurn: 1_000 });
  const two = [1, 2].map((turn): Turn => ({
    received: [`{"type":"tool_use","id":"toolu_${turn}","name":"look","input":{}}`],
    answers: [`{"type":"tool_result","tool_use_id":"toolu_${turn}","content":"it"}`],
  }));
  const request = requestOf(sentAt(two, 3));
  const used = { outputTokens: 0, model: 'claude-opus-5-5', isWarm: true };
  const dueAt = (promptTokens: number, changes: Partial<LoadedTurn> = {}, limit?: number) =>
    isCompactionDue(
      limit === undefined ? spec : deskSpec({ outputTokensPerTurn: 1_000, contextTokens: limit }),
      'claude-opus-5-5',
      { ...loadedAt(two), last: { ...used, promptTokens }, ...changes },
      request,
    );

  it('is due above six tenths of the model’s window, counted with the answer that may come', () => {
    expect(dueAt(598_000)).toBe(false);
    expect(dueAt(599_900)).toBe(true);
  });

  it('is due earlier where a longer prompt is dearer, or the agent says so', () => {
    const loaded = { ...loadedAt(two), last: { ...used, promptTokens: 99_900 } };
    expect(isCompactionDue(spec, 'claude-haiku-5-5', loaded, request)).toBe(true);
    expect(isCompactionDue(spec, 'claude-sonnet-5-5', loaded, request)).toBe(false);
    expect(dueAt(4_000, {}, 5_000)).toBe(true);
  });

  it('is not due in the middle of an answer, or where there is nothing to sum up', () => {
    const { run } = loadedAt(two);
    expect(dueAt(900_000, { run: { ...run, lastStops: ['cut'] } })).toBe(false);
    expect(dueAt(900_000, { transcript: loadedAt([]).transcript })).toBe(false);
  });
});
