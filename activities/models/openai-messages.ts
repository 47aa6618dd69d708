/**
 * A conversation as chat completions have it: a projection that loses thinking, blocks of servers'
 * tools, and the mark of an error, which becomes a word in the text.
 */
import {
  blocksOf,
  type ContentBlock,
  type ConversationMessage,
} from '../../contracts/conversation.js';
import type { ModelRequest } from './model.js';

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: string }
  | {
      readonly role: 'assistant';
      readonly content: string | null;
      readonly tool_calls?: readonly ChatCall[];
    };

export interface ChatCall {
  readonly id: string;
  readonly type: 'function';
  readonly function: { readonly name: string; readonly arguments: string };
}

/** How a result that is an error begins, because there is no field for it. */
export const errorMark = 'Error: ';

/** The messages of a request, its system prompt first. */
export function chatMessagesOf(request: ModelRequest): ChatMessage[] {
  const system: ChatMessage[] =
    request.system === '' ? [] : [{ role: 'system', content: request.system }];
  return [...system, ...request.messages.flatMap(projected)];
}

function projected(message: ConversationMessage): ChatMessage[] {
  const blocks = blocksOf(message);
  return message.role === 'assistant' ? assistantMessages(blocks) : userMessages(blocks);
}

function assistantMessages(blocks: readonly ContentBlock[]): ChatMessage[] {
  const content = textOf(blocks);
  const calls = blocks.filter(({ type }) => type === 'tool_use').map(callOf);
  // Nothing but what is lost, such as thinking: a message without content is refused.
  if (content === '' && calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: content === '' ? null : content,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    },
  ];
}

/** One message for each result, in their order, and the text after them. */
function userMessages(blocks: readonly ContentBlock[]): ChatMessage[] {
  const results = blocks
    .filter(({ type }) => type === 'tool_result')
    .map((block): ChatMessage => {
      const text = resultText(block.content);
      return {
        role: 'tool',
        tool_call_id: block.tool_use_id ?? '',
        content: block.is_error === true ? errorMark + text : text,
      };
    });
  const content = textOf(blocks);
  return content === '' ? results : [...results, { role: 'user', content }];
}

const callOf = ({ id = '', name = '', input }: ContentBlock): ChatCall => ({
  id,
  type: 'function',
  function: { name, arguments: JSON.stringify(input ?? {}) },
});

const textOf = (blocks: readonly ContentBlock[]): string =>
  blocks.flatMap(({ type, text }) => (type === 'text' && text ? [text] : [])).join('\n\n');

function resultText(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? textOf(content as readonly ContentBlock[]) : '';
}
