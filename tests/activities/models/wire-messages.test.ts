/** What goes over the wire: the stored bytes, and breakpoints that are no part of them (P8). */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SentMessage } from '../../../activities/models/model.js';
import {
  breakpoint,
  breakpointsOf,
  messagesJson,
} from '../../../activities/models/wire-messages.js';
import { blocksOf, findConversationFault } from '../../../contracts/conversation.js';
import { histories, messageOf, sentAt } from '../../support/histories-of-blocks.js';

const mark = `,"cache_control":${JSON.stringify(breakpoint)}`;
const withoutMarks = (json: string): string => json.replaceAll(mark, '');
/** Without the bracket that closes the messages. */
const openEnded = (json: string): string => withoutMarks(json).slice(0, -1);

const history = histories(5);
const runs = { numRuns: 40 };

describe('the messages of a request', () => {
  it('begin with the bytes of the turn before, whatever they are', () => {
    fc.assert(
      fc.property(history, (turns) => {
        for (let turn = 1; turn <= turns.length; turn += 1) {
          const now = messagesJson(sentAt(turns, turn));
          const next = messagesJson(sentAt(turns, turn + 1));
          expect(withoutMarks(next).startsWith(openEnded(now))).toBe(true);
        }
      }),
      runs,
    );
  });

  it('are the stored bytes, each of them, when breakpoints are taken out', () => {
    fc.assert(
      fc.property(history, (turns) => {
        const sent = sentAt(turns, turns.length + 1);
        const stored = sent.map(({ role, json }) => `{"role":"${role}","content":${json}}`);
        expect(withoutMarks(messagesJson(sent))).toBe(`[${stored.join(',')}]`);
      }),
      runs,
    );
  });

  it('are JSON with the blocks that were marked, which the strict rules take', () => {
    fc.assert(
      fc.property(history, (turns) => {
        const sent = sentAt(turns, turns.length + 1);
        const parsed = JSON.parse(messagesJson(sent)) as SentMessage[];
        const marked = parsed.flatMap((message, at) =>
          blocksOf(message).flatMap((block, index) =>
            'cache_control' in block ? [{ message: at, block: index }] : [],
          ),
        );
        expect(marked).toEqual(breakpointsOf(sent));
        expect(findConversationFault(parsed)).toBeNull();
      }),
      runs,
    );
  });

  it('mark their end, and find what the turn before kept, however many calls a turn has', () => {
    const lookBack = 20;
    fc.assert(
      fc.property(history, (turns) => {
        const before = sentAt(turns, turns.length);
        const sent = sentAt(turns, turns.length + 1);
        const places = sent.flatMap((message, at) =>
          blocksOf(message).map((_, index) => `${at}.${index}`),
        );
        const kept = before.flatMap((message) => [...blocksOf(message)]).length - 1;
        const marks = breakpointsOf(sent).map(({ message, block }) =>
          places.indexOf(`${message}.${block}`),
        );
        expect(marks.length).toBeLessThanOrEqual(2);
        expect(marks.at(-1)).toBe(places.length - 1);
        expect(marks.some((at) => at >= kept && at - kept <= lookBack)).toBe(true);
      }),
      runs,
    );
  });

  it('never mark what a model thought', () => {
    const thoughts = Array.from(
      { length: 20 },
      (_, at) => `{"type":"thinking","thinking":"","signature":"${at}"}`,
    );
    const call = '{"type":"tool_use","id":"toolu_1","name":"look","input":{}}';
    const answer = '{"type":"tool_result","tool_use_id":"toolu_1","content":"it"}';
    const sent = [
      messageOf('user', ['{"type":"text","text":"Do it"}']),
      messageOf('assistant', [...thoughts, call]),
      messageOf('user', [answer]),
    ];
    expect(breakpointsOf(sent)).toEqual([{ message: 2, block: 0 }]);
  });
});
