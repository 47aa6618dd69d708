/** An answer as the Messages API writes it. */
import type { Answer, AnswerBlock } from './answer.js';
import { piecesOf, type Frame, type Framing } from './framing.js';

/** Events by name, with pings, and tool inputs in pieces. */
export const messagesFraming: Framing = {
  frames: framesOf,
  idle: eventText('ping', {}),
  overloaded: eventText('error', { error: { type: 'overloaded_error', message: 'Overloaded' } }),
  message: (answer) => ({
    ...openingOf(answer),
    content: answer.blocks.map(({ head, body }) => {
      if (head.type === 'text') return { ...head, text: body };
      if (head.type === 'thinking') return { ...head, thinking: body };
      return { ...head, input: inputOf(body) };
    }),
    ...endOf(answer),
    usage: answer.usage,
  }),
};

/** The message as `message_start` carries it: nothing in it yet. */
const openingOf = (answer: Answer): Record<string, unknown> => ({
  id: answer.id,
  type: 'message',
  role: 'assistant',
  model: answer.model,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { ...answer.usage, output_tokens: 1 },
});

const endOf = ({ stopReason, stopSequence, refusal }: Answer) => ({
  stop_reason: stopReason,
  stop_sequence: stopSequence ?? null,
  ...(refusal === undefined
    ? {}
    : { stop_details: { type: 'refusal', category: refusal.category, explanation: null } }),
});

function framesOf(answer: Answer, size: number): Frame[] {
  const content = answer.blocks.flatMap((block, index) => blockFrames(block, index, size));
  return [
    frame('message_start', { message: openingOf(answer) }),
    ...content.slice(0, 1),
    frame('ping', {}),
    ...content.slice(1),
    frame('message_delta', { delta: endOf(answer), usage: answer.usage }),
    frame('message_stop', {}),
  ];
}

function blockFrames({ head, body }: AnswerBlock, index: number, size: number): Frame[] {
  const delta = (piece: Readonly<Record<string, unknown>>, paced = true) =>
    frame('content_block_delta', { index, delta: piece }, index, paced);
  const start = (empty: Readonly<Record<string, unknown>>) =>
    frame('content_block_start', { index, content_block: empty }, index);
  const stop = frame('content_block_stop', { index }, index);
  const pieces = piecesOf(body, size);
  switch (head.type) {
    case 'text':
      return [
        start({ ...head, text: '' }),
        ...pieces.map((text) => delta({ type: 'text_delta', text })),
        stop,
      ];
    case 'thinking':
      return [
        start({ type: 'thinking', thinking: '', signature: '' }),
        ...pieces.map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: head.signature }, false),
        stop,
      ];
    case 'tool_use':
    case 'server_tool_use':
      return [
        start({ ...head, input: {} }),
        // The API opens the input of a tool with an empty piece.
        delta({ type: 'input_json_delta', partial_json: '' }, false),
        ...pieces.map((json) => delta({ type: 'input_json_delta', partial_json: json })),
        stop,
      ];
  }
}

const frame = (
  event: string,
  data: Readonly<Record<string, unknown>>,
  block: number | null = null,
  paced = false,
): Frame => ({ text: eventText(event, data), paced, block });

function eventText(event: string, data: Readonly<Record<string, unknown>>): string {
  return `event: ${event}\ndata: ${JSON.stringify({ type: event, ...data })}\n\n`;
}

function inputOf(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // The input was cut by `max_tokens`: the API then sends what it has, which is nothing here.
    return {};
  }
}
