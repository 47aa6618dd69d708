/** An answer as chat completions write it: one chunk a piece, no names, `[DONE]` at the end. */
import type { Answer, AnswerBlock } from '../answer.js';
import { piecesOf, type Frame, type Framing } from '../framing.js';

/** Chunks of a completion. Thinking is not shown, and servers' tools do not exist. */
export const chatFraming: Framing = {
  frames: framesOf,
  idle: ': waiting\n\n',
  overloaded: dataText({
    error: { message: 'Overloaded', type: 'overloaded_error', param: null, code: 503 },
  }),
  message: (answer) => ({
    ...headOf(answer, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: textOf(answer) || null,
          tool_calls: callsOf(answer).map(({ head, body }) => ({
            id: head.id,
            type: 'function',
            function: { name: head.name, arguments: body },
          })),
        },
        finish_reason: finishOf(answer),
      },
    ],
    usage: usageOf(answer),
  }),
};

type CallBlock = AnswerBlock & {
  readonly head: { readonly type: 'tool_use'; readonly id: string; readonly name: string };
};
const callsOf = ({ blocks }: Answer): CallBlock[] =>
  blocks.filter((block): block is CallBlock => block.head.type === 'tool_use');

const textOf = ({ blocks }: Answer): string =>
  blocks.flatMap(({ head, body }) => (head.type === 'text' ? [body] : [])).join('\n\n');

const finishReasons: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  refusal: 'content_filter',
};
const finishOf = ({ stopReason }: Answer): string => finishReasons[stopReason] ?? stopReason;

const headOf = ({ id, model }: Answer, object: string) => ({
  id: id.replace(/^msg_/u, 'chatcmpl-'),
  object,
  created: 1_795_000_000,
  model,
});

function framesOf(answer: Answer, size: number): Frame[] {
  const calls = callsOf(answer);
  const chunk = (delta: object, block: number | null = null, paced = false): Frame => ({
    text: chunkText(answer, delta, null),
    paced,
    block,
  });
  const content = answer.blocks.flatMap((block, index) => {
    const { head, body } = block;
    if (head.type === 'text') {
      return piecesOf(body, size).map((piece) => chunk({ content: piece }, index, true));
    }
    if (head.type !== 'tool_use') return [];
    const place = calls.indexOf(block as CallBlock);
    const named = { name: head.name, arguments: '' };
    return [
      chunk(
        { tool_calls: [{ index: place, id: head.id, type: 'function', function: named }] },
        index,
      ),
      ...piecesOf(body, size).map((piece) =>
        chunk({ tool_calls: [{ index: place, function: { arguments: piece } }] }, index, true),
      ),
    ];
  });
  return [
    chunk({ role: 'assistant', content: '' }),
    ...content,
    { text: chunkText(answer, {}, finishOf(answer)), paced: false, block: null },
    {
      text: dataText({
        ...headOf(answer, 'chat.completion.chunk'),
        choices: [],
        usage: usageOf(answer),
      }),
      paced: false,
      block: null,
    },
    { text: 'data: [DONE]\n\n', paced: false, block: null },
  ];
}

const chunkText = (answer: Answer, delta: object, finishReason: string | null): string =>
  dataText({
    ...headOf(answer, 'chat.completion.chunk'),
    choices: [{ index: 0, delta, finish_reason: finishReason }],
  });

function usageOf({ usage }: Answer) {
  const cached = usage.cache_read_input_tokens;
  const prompt = usage.input_tokens + usage.cache_creation_input_tokens + cached;
  return {
    prompt_tokens: prompt,
    completion_tokens: usage.output_tokens,
    total_tokens: prompt + usage.output_tokens,
    prompt_tokens_details: { cached_tokens: cached },
  };
}

function dataText(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}
