/** Makes the message that the API would answer with out of what the planner decided. */
import { randomBytes } from 'node:crypto';
import { blocksOf } from '../../contracts/conversation.js';
import type { StopFault } from './fault-table.js';
import type { Plan } from './plan.js';
import type { PromptUsage } from './prefix-cache.js';
import type { MessagesRequest } from './request.js';
import { charactersPerToken, tokensIn } from './tokens-in.js';

/** Every answer names itself so, whatever model was asked for, unless its message asks for prices. */
export const standInModel = 'stand-in';

/** A block and the characters it is streamed as: its text, or its input as JSON. */
export interface AnswerBlock {
  readonly head:
    | { readonly type: 'text' }
    | { readonly type: 'thinking'; readonly signature: string }
    | { readonly type: 'tool_use' | 'server_tool_use'; readonly id: string; readonly name: string };
  readonly body: string;
}

export type Usage = Partial<PromptUsage> & {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
};

export interface Answer {
  readonly id: string;
  /** Whose name it is given in. */
  readonly model: string;
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: string;
  readonly stopSequence?: string;
  readonly refusal?: { readonly category: string };
  readonly usage: Usage;
}

/** How an answer is made, beside what it says. */
export interface Making {
  readonly model: string;
  readonly promptUsage: PromptUsage;
  /** The signature of the thought that it begins with; null where it does not think. */
  readonly signature: string | null;
  readonly fault: StopFault | null;
}

/** The answer to a request. An answer longer than `max_tokens` is cut there, as the API cuts it. */
export function answerFor(request: MessagesRequest, plan: Plan, making: Making): Answer {
  const thought: AnswerBlock[] =
    making.signature === null
      ? []
      : [{ head: { type: 'thinking', signature: making.signature }, body: '' }];
  const whole = [...thought, ...blocksOfPlan(plan, request)];
  const blocks = cutTo(request.maxTokens * charactersPerToken, whole);
  const isCut = lengthOf(blocks) < lengthOf(whole);
  const stopReason = isCut ? 'max_tokens' : plan.calls.length > 0 ? 'tool_use' : 'end_turn';
  const made = {
    blocks,
    stopReason,
    ...(making.fault === null ? {} : stopped(whole, making.fault)),
  };
  return {
    id: `msg_${randomId()}`,
    model: making.model,
    ...made,
    usage: {
      ...making.promptUsage,
      output_tokens: Math.max(1, tokensIn(lengthOf(made.blocks))),
    },
  };
}

type Stopped = Pick<Answer, 'blocks' | 'stopReason' | 'stopSequence' | 'refusal'>;

/** The same answer, ended as a fault wants it. */
function stopped(blocks: readonly AnswerBlock[], fault: StopFault): Stopped {
  const spoken = blocks.filter(({ head }) => head.type === 'text' || head.type === 'thinking');
  switch (fault) {
    case 'refuse':
      return { blocks: halved(spoken), stopReason: 'refusal', refusal: { category: 'cyber' } };
    case 'truncate':
      return { blocks: halved(blocks), stopReason: 'max_tokens' };
    case 'truncate-text':
      return { blocks: halved(spoken), stopReason: 'max_tokens' };
    case 'half-json':
      return { blocks: halved(blocks), stopReason: 'tool_use' };
    case 'context-full':
      return { blocks: halved(spoken), stopReason: 'model_context_window_exceeded' };
    case 'stop-word':
      return { blocks: spoken, stopReason: 'stop_sequence', stopSequence: 'END' };
    case 'new-stop':
      return { blocks, stopReason: 'something_new' };
    case 'pause': {
      const head = { type: 'server_tool_use', id: `srvtoolu_${randomId()}`, name: 'web_search' };
      return {
        blocks: [{ head, body: '{"query":"opening hours"}' } as AnswerBlock],
        stopReason: 'pause_turn',
      };
    }
  }
}

/** Ends in the middle of the last block. */
function halved(blocks: readonly AnswerBlock[]): AnswerBlock[] {
  const last = blocks.at(-1);
  if (last === undefined) return [];
  const body = last.body.slice(0, Math.ceil(last.body.length / 2));
  return [...blocks.slice(0, -1), { ...last, body }];
}

/** An id as the API makes them: random, so that nothing can be built upon it. */
export const randomId = (): string => `01${randomBytes(16).toString('hex').slice(0, 22)}`;

function blocksOfPlan(plan: Plan, request: MessagesRequest): AnswerBlock[] {
  const text = restOf(plan.text, request);
  return [
    ...(text === '' ? [] : [{ head: { type: 'text' as const }, body: text }]),
    ...plan.calls.map(({ name, input }) => ({
      head: { type: 'tool_use' as const, id: `toolu_${randomId()}`, name },
      body: JSON.stringify(input),
    })),
  ];
}

/** What was cut in its text goes on where it stopped. */
function restOf(text: string, { messages }: MessagesRequest): string {
  const last = messages.findLast(({ role }) => role === 'assistant');
  const said = (last === undefined ? [] : blocksOf(last))
    .map((block) => (block.type === 'text' ? (block.text ?? '') : ''))
    .join('');
  const goesOn = said !== '' && said.length < text.length && text.startsWith(said);
  return goesOn ? text.slice(said.length) : text;
}

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

/** What is charged when the stream breaks off in the middle of the last block. */
export function chargedInPart({ blocks, usage }: Answer): Usage {
  return { ...usage, output_tokens: Math.max(1, tokensIn(lengthOf(halved(blocks)))) };
}
