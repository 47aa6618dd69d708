import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  assertSendable,
  findConversationFault,
  UnsendableError,
  type ContentBlock,
  type ConversationMessage,
} from '../../contracts/conversation.js';

const text = (words = 'Hi'): ContentBlock => ({ type: 'text', text: words });
const use = (id: string): ContentBlock => ({ type: 'tool_use', id, name: 'a', input: {} });
const result = (id: string): ContentBlock => ({ type: 'tool_result', tool_use_id: id });
const search: ContentBlock = { type: 'server_tool_use', id: 's1', name: 'web_search' };
const user = (...content: ContentBlock[]): ConversationMessage => ({ role: 'user', content });
const assistant = (...content: ContentBlock[]): ConversationMessage => ({
  role: 'assistant',
  content,
});
const ask = user(text());

describe('a conversation that may be sent', () => {
  it.each<[string, readonly ConversationMessage[]]>([
    ['one message', [ask]],
    ['a plain string', [{ role: 'user', content: 'Hi' }]],
    [
      'all results in their order, then text',
      [ask, assistant(use('a'), use('b')), user(result('b'), result('a'), text())],
    ],
    [
      'a turn in two messages of one role',
      [ask, assistant(text(), use('a')), assistant(use('b')), user(result('a')), user(result('b'))],
    ],
    ['a paused turn at its end', [ask, assistant(search)]],
    ['a paused turn that went on', [ask, assistant(search), assistant(text()), user(text())]],
    ['blocks of no known kind', [user({ type: 'riddle' })]],
    [
      'four breakpoints',
      [user(...Array.from({ length: 4 }, () => ({ ...text(), cache_control: {} })))],
    ],
  ])('has %s', (_what, messages) => {
    expect(findConversationFault(messages)).toBeNull();
    expect(() => assertSendable(messages)).not.toThrow();
  });
});

describe('a conversation that must not be sent', () => {
  it.each<[string, readonly ConversationMessage[], string]>([
    ['nothing', [], 'at least one message'],
    ['an answer at its beginning', [assistant(text()), ask], 'messages.0: first message'],
    ['an answer at its end', [ask, assistant(text())], 'messages.1: assistant message prefill'],
    ['a paused turn that is not at its end', [ask, assistant(search, text())], 'prefill'],
    ['a call without a result', [ask, assistant(use('a')), ask], 'messages.2: `tool_use` ids'],
    ['a call without a result at its end', [ask, assistant(use('a'))], 'prefill'],
    ['one result of two', [ask, assistant(use('a'), use('b')), user(result('a'))], 'after: b'],
    [
      'two results of one call',
      [ask, assistant(use('a')), user(result('a'), result('a'))],
      'single',
    ],
    ['a result of no call', [user(result('a'))], 'messages.0: unexpected'],
    [
      'a result that comes late',
      [ask, assistant(use('a')), user(result('a')), assistant(text()), user(result('a'))],
      'messages.4: unexpected',
    ],
    [
      'text before a result',
      [ask, assistant(use('a')), user(text(), result('a'))],
      'must come before',
    ],
    [
      'text in the message before the result',
      [ask, assistant(use('a')), ask, user(result('a'))],
      'must come before',
    ],
    [
      'one id twice',
      [ask, assistant(use('a')), user(result('a')), assistant(use('a')), user(result('a'))],
      'messages.3: `tool_use` ids must be unique',
    ],
    ['a message without blocks', [ask, assistant(), ask], 'messages.1: all messages must have'],
    ['an empty string', [{ role: 'user', content: '' }], 'messages.0: all messages must have'],
    ['blank text', [user(text(' \n'))], 'messages.0: text content blocks'],
    [
      'five breakpoints',
      [user(...Array.from({ length: 5 }, () => ({ ...text(), cache_control: {} })))],
      'Found 5',
    ],
    ['too many messages', Array.from({ length: 100_001 }, () => ask), 'too many'],
  ])('has %s', (_what, messages, words) => {
    expect(findConversationFault(messages)).toContain(words);
    expect(() => assertSendable(messages)).toThrow(UnsendableError);
  });
});

describe('any conversation', () => {
  /** A loop of turns with so many calls each, answered in any order. */
  const loop = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 8 }).map((turns) => [
    ask,
    ...turns.flatMap((calls, turn) => {
      const ids = Array.from({ length: calls }, (_, index) => `c${turn}_${index}`);
      const results = ids.toReversed().map(result);
      return [assistant(text(), ...ids.map(use)), user(...results, text())];
    }),
  ]);

  it('that a loop makes may be sent, at each of its turns', () => {
    fc.assert(fc.property(loop, (messages) => findConversationFault(messages) === null));
  });

  it('that lost or repeated one result may not be sent', () => {
    fc.assert(
      fc.property(loop, fc.nat(), fc.boolean(), (messages, pick, isLost) => {
        const places = messages.flatMap((message, index) =>
          (message.content as readonly ContentBlock[]).some(({ type }) => type === 'tool_result')
            ? [index]
            : [],
        );
        const place = places[pick % places.length];
        fc.pre(place !== undefined);
        const [first, ...rest] = messages[place!]!.content as readonly ContentBlock[];
        const content = isLost ? rest : [first!, first!, ...rest];
        const broken = messages.with(place!, { role: 'user', content });
        return findConversationFault(broken) !== null;
      }),
    );
  });
});
