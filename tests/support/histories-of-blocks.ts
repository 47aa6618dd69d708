/** Random conversations as they are stored: turn by turn, with everything that a rebuild would change. */
import fc from 'fast-check';
import type { ContentBlock } from '../../contracts/conversation.js';
import type { SentMessage } from '../../activities/models/model.js';

/** Inputs whose bytes do not survive being parsed and printed. */
const awkward = [
  '{"2":1,"1":2.0}',
  '{ "n" : 12345678901234567890 }',
  '{"s":"}],\\"cache_control\\":{\\"type\\":\\"ephemeral\\"}","u":"\\ud800\\u0000"}',
  '{"a":1,"a":2}',
  '{"x":1e2,"y":-0}',
] as const;

const input = fc.oneof(
  fc.constantFrom(...awkward),
  fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value, null, 1)),
);
const words = fc.string({ minLength: 1 }).map((text) => `.${text}`);

export interface Turn {
  /** The assistant's blocks and what answers them, each as JSON text. */
  readonly received: readonly string[];
  readonly answers: readonly string[];
}

const turnOf = (turn: number): fc.Arbitrary<Turn> =>
  fc
    .record({
      thinking: fc.option(words),
      text: fc.option(words),
      inputs: fc.array(input, { minLength: 1, maxLength: 24 }),
      results: fc.array(words, { minLength: 24, maxLength: 24 }),
    })
    .map(({ thinking, text, inputs, results }) => {
      const idOf = (index: number): string => JSON.stringify(`toolu_${turn}_${index}`);
      return {
        received: [
          ...(thinking === null
            ? []
            : [JSON.stringify({ type: 'thinking', thinking, signature: 'c2ln' })]),
          ...(text === null ? [] : [JSON.stringify({ type: 'text', text })]),
          ...inputs.map(
            (json, index) =>
              `{"type":"tool_use","id":${idOf(index)},"name":"look","input":${json}}`,
          ),
        ],
        answers: inputs.map(
          (_, index) =>
            `{"type":"tool_result","tool_use_id":${idOf(index)},"content":${JSON.stringify(results[index])}}`,
        ),
      };
    });

/** Conversations of up to `turns` turns. */
export const histories = (turns: number): fc.Arbitrary<readonly Turn[]> =>
  fc
    .integer({ min: 1, max: turns })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => turnOf(at + 1))));

/** A message with these blocks. */
export function messageOf(role: SentMessage['role'], blocks: readonly string[]): SentMessage {
  const json = `[${blocks.join(',')}]`;
  return { role, json, content: JSON.parse(json) as ContentBlock[] };
}

/** What is sent for turn `turn` (from 1) of a history. */
export const sentAt = (history: readonly Turn[], turn: number): readonly SentMessage[] => [
  messageOf('user', ['{"type":"text","text":"Do it"}']),
  ...history
    .slice(0, turn - 1)
    .flatMap(({ received, answers }) => [
      messageOf('assistant', received),
      messageOf('user', answers),
    ]),
];
