/**
 * The rules of a sendable conversation (Messages API), once: whoever sends a request obeys them, and
 * the stand-in refuses what breaks them.
 */

/** A content block, kept verbatim. Only the fields that the rules look at are named. */
export interface ContentBlock {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly text?: string;
  readonly tool_use_id?: string;
  readonly content?: unknown;
  readonly is_error?: boolean;
  readonly cache_control?: unknown;
}

export interface ConversationMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string | readonly ContentBlock[];
}

/** The blocks of a message; a plain string is one text block. */
export const blocksOf = (message: ConversationMessage): readonly ContentBlock[] =>
  typeof message.content !== 'string'
    ? message.content
    : message.content === ''
      ? []
      : [{ type: 'text', text: message.content }];

/** The most messages, and breakpoints of the prompt cache, that one request may have. */
const messagesPerRequest = 100_000;
const cacheBreakpoints = 4;

/** A conversation that must not be sent. Its message names the place and the rule, and no content. */
export class UnsendableError extends Error {
  override readonly name = 'UnsendableError';
}

/** Throws an {@link UnsendableError} for a conversation that the API would refuse. */
export function assertSendable(messages: readonly ConversationMessage[]): void {
  const fault = findConversationFault(messages);
  if (fault !== null) throw new UnsendableError(fault);
}

/**
 * Finds the first rule that a conversation breaks, or null when the API would take it. Messages of
 * one role in a row are one turn, as the API merges them. The text is shaped like the API's own:
 * `messages.2: …`.
 */
export function findConversationFault(messages: readonly ConversationMessage[]): string | null {
  if (messages.length === 0) return 'messages: at least one message is required';
  if (messages.length > messagesPerRequest) return 'messages: too many messages';
  for (const [index, message] of messages.entries()) {
    const fault = findContentFault(blocksOf(message));
    if (fault !== null) return `messages.${index}: ${fault}`;
  }
  if (messages[0]?.role !== 'user') return 'messages.0: first message must use the user role';
  const seenCalls = new Set<string>();
  let unanswered: readonly string[] = [];
  for (const turn of turnsOf(messages)) {
    const fault =
      turn.role === 'assistant'
        ? findRepeatedCall(turn.content, seenCalls)
        : findResultFault(turn.content, unanswered);
    if (fault !== null) return `messages.${turn.index}: ${fault}`;
    unanswered = turn.role === 'assistant' ? callIdsOf(turn.content) : [];
    if (turn.next === messages.length && turn.role === 'assistant' && !isPaused(turn.content)) {
      return `messages.${turn.next - 1}: assistant message prefill is not supported`;
    }
  }
  return findCacheFault(messages.flatMap((message) => [...blocksOf(message)]));
}

/** Says that too many blocks ask for a cache breakpoint; null where there are few enough. */
export function findCacheFault(
  blocks: readonly { readonly cache_control?: unknown }[],
): string | null {
  const count = blocks.filter((block) => block.cache_control != null).length;
  if (count <= cacheBreakpoints) return null;
  return `A maximum of ${cacheBreakpoints} blocks with cache_control may be provided. Found ${count}.`;
}

/** What one side said in a row: its blocks, where it begins, and where the next one does. */
interface SpokenTurn {
  readonly role: ConversationMessage['role'];
  readonly content: readonly ContentBlock[];
  readonly index: number;
  readonly next: number;
}

function turnsOf(messages: readonly ConversationMessage[]): SpokenTurn[] {
  const turns: SpokenTurn[] = [];
  for (const [index, message] of messages.entries()) {
    const last = turns.at(-1);
    const content = blocksOf(message);
    if (last?.role !== message.role)
      turns.push({ role: message.role, content, index, next: index + 1 });
    else turns.splice(-1, 1, { ...last, content: [...last.content, ...content], next: index + 1 });
  }
  return turns;
}

const callIdsOf = (blocks: readonly ContentBlock[]): string[] =>
  blocks.filter((block) => block.type === 'tool_use').map((block) => block.id ?? '');

/** A turn that waits for the provider's own tools goes on where it stopped, without a word of ours. */
const isPaused = (blocks: readonly ContentBlock[]): boolean =>
  blocks.at(-1)?.type === 'server_tool_use';

function findContentFault(blocks: readonly ContentBlock[]): string | null {
  if (blocks.length === 0) return 'all messages must have non-empty content';
  const isBlank = (block: ContentBlock) =>
    block.type === 'text' && (block.text ?? '').trim().length === 0;
  return blocks.some(isBlank) ? 'text content blocks must contain non-whitespace text' : null;
}

function findRepeatedCall(blocks: readonly ContentBlock[], seenCalls: Set<string>): string | null {
  for (const id of callIdsOf(blocks)) {
    if (seenCalls.has(id)) return `\`tool_use\` ids must be unique: ${id}`;
    seenCalls.add(id);
  }
  return null;
}

function findResultFault(
  blocks: readonly ContentBlock[],
  unanswered: readonly string[],
): string | null {
  const answered = new Set<string>();
  let otherBlockSeen = false;
  for (const block of blocks) {
    if (block.type !== 'tool_result') {
      otherBlockSeen = true;
      continue;
    }
    const id = block.tool_use_id ?? '';
    if (otherBlockSeen) return '`tool_result` blocks must come before any other block';
    if (answered.has(id)) return `each \`tool_use\` must have a single result: ${id}`;
    if (!unanswered.includes(id))
      return `unexpected \`tool_use_id\` in \`tool_result\` blocks: ${id}`;
    answered.add(id);
  }
  const missing = unanswered.filter((id) => !answered.has(id));
  if (missing.length === 0) return null;
  return `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}`;
}
