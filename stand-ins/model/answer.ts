/** Makes the message that the API would answer with out of what the planner decided. */
import { randomBytes } from 'node:crypto';
import type { Plan } from './plan.js';
import type { MessagesRequest } from './request.js';

/** Every answer names itself so, whatever model was asked for. */
export const standInModel = 'stand-in';

/** About how many characters of JSON or English make one token. */
const charactersPerToken = 4;

/** A block and the characters it is streamed as: its text, or its input as JSON. */
export interface AnswerBlock {
  readonly head:
    | { readonly type: 'text' }
    | { readonly type: 'tool_use'; readonly id: string; readonly name: string };
  readonly body: string;
}

export interface Usage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
}

export interface Answer {
  readonly id: string;
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: 'end_turn' | 'tool_use' | 'max_tokens';
  readonly usage: Usage;
}

/** The answer to a request. An answer longer than `max_tokens` is cut there, as the API cuts it. */
export function answerFor(request: MessagesRequest, prompt: unknown, plan: Plan): Answer {
  const whole = blocksOfPlan(plan);
  const blocks = cutTo(request.maxTokens * charactersPerToken, whole);
  const cut = lengthOf(blocks) < lengthOf(whole);
  return {
    id: `msg_${randomId()}`,
    blocks,
    stopReason: cut ? 'max_tokens' : plan.calls.length > 0 ? 'tool_use' : 'end_turn',
    usage: {
      ...promptUsage(request, prompt),
      output_tokens: Math.max(1, tokensIn(lengthOf(blocks))),
    },
  };
}

/** The message of a non-streaming answer. */
export const messageOf = (answer: Answer): Record<string, unknown> => ({
  ...openingOf(answer),
  content: answer.blocks.map(({ head, body }) =>
    head.type === 'text' ? { ...head, text: body } : { ...head, input: inputOf(body) },
  ),
  stop_reason: answer.stopReason,
  usage: answer.usage,
});

/** The message as `message_start` carries it: nothing in it yet. */
export const openingOf = (answer: Answer): Record<string, unknown> => ({
  id: answer.id,
  type: 'message',
  role: 'assistant',
  model: standInModel,
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { ...answer.usage, output_tokens: 1 },
});

/** An id as the API makes them: random, so that nothing can be built upon it. */
export const randomId = (): string => `01${randomBytes(16).toString('hex').slice(0, 22)}`;

const blocksOfPlan = (plan: Plan): AnswerBlock[] => [
  { head: { type: 'text' }, body: plan.text },
  ...plan.calls.map(({ name, input }) => ({
    head: { type: 'tool_use' as const, id: `toolu_${randomId()}`, name },
    body: JSON.stringify(input),
  })),
];

function cutTo(characters: number, blocks: readonly AnswerBlock[]): AnswerBlock[] {
  let left = characters;
  const kept: AnswerBlock[] = [];
  for (const { head, body } of blocks) {
    if (left <= 0) break;
    kept.push({ head, body: body.slice(0, left) });
    left -= body.length;
  }
  return kept;
}

const lengthOf = (blocks: readonly AnswerBlock[]): number =>
  blocks.reduce((sum, block) => sum + block.body.length, 0);

const tokensIn = (characters: number): number => Math.ceil(characters / charactersPerToken);

/** With caching on, what an earlier request of the conversation sent is read from the cache. */
function promptUsage(request: MessagesRequest, prompt: unknown): Omit<Usage, 'output_tokens'> {
  const all = tokensIn(JSON.stringify(prompt).length);
  if (!request.cached) {
    return { input_tokens: all, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  }
  const lastAnswer = request.messages.findLastIndex(({ role }) => role === 'assistant');
  const fresh = tokensIn(JSON.stringify(request.messages.slice(Math.max(lastAnswer, 0))).length);
  const read = lastAnswer < 0 ? 0 : Math.max(0, all - fresh);
  return {
    input_tokens: 1,
    cache_creation_input_tokens: all - read - 1,
    cache_read_input_tokens: read,
  };
}

function inputOf(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // The input was cut by `max_tokens`: the API then sends what it has, which is nothing here.
    return {};
  }
}
