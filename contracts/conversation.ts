/** The rules of a sendable conversation (Messages API): the request builder obeys them, the stand-in enforces them. */

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

/**
 * Finds the first rule that a conversation breaks, or null when the API would take it.
 * The text is shaped like the API's own: `messages.2: …`.
 */
export function findConversationFault(messages: readonly ConversationMessage[]): string | null {
  const seenCalls = new Set<string>();
  let unanswered = new Set<string>();
  if (messages.length === 0) return 'messages: at least one message is required';
  for (const [index, message] of messages.entries()) {
    const fault =
      message.role === 'assistant'
        ? findAssistantFault(message, unanswered, seenCalls)
        : findUserFault(message, unanswered);
    if (index === 0 && message.role !== 'user')
      return 'messages.0: first message must use the user role';
    if (fault !== null) return `messages.${index}: ${fault}`;
    unanswered = new Set(message.role === 'assistant' ? callIdsOf(message) : []);
  }
  if (messages.at(-1)?.role === 'assistant') {
    return `messages.${messages.length - 1}: assistant message prefill is not supported`;
  }
  return null;
}

const callIdsOf = (message: ConversationMessage): string[] =>
  blocksOf(message)
    .filter((block) => block.type === 'tool_use')
    .map((block) => block.id ?? '');

function findContentFault(blocks: readonly ContentBlock[]): string | null {
  if (blocks.length === 0) return 'all messages must have non-empty content';
  const isBlank = (block: ContentBlock) =>
    block.type === 'text' && (block.text ?? '').trim().length === 0;
  return blocks.some(isBlank) ? 'text content blocks must contain non-whitespace text' : null;
}

function findAssistantFault(
  message: ConversationMessage,
  unanswered: ReadonlySet<string>,
  seenCalls: Set<string>,
): string | null {
  const contentFault = findContentFault(blocksOf(message));
  if (contentFault !== null) return contentFault;
  if (unanswered.size > 0) return missingResults(unanswered);
  for (const id of callIdsOf(message)) {
    if (seenCalls.has(id)) return `\`tool_use\` ids must be unique: ${id}`;
    seenCalls.add(id);
  }
  return null;
}

function findUserFault(
  message: ConversationMessage,
  unanswered: ReadonlySet<string>,
): string | null {
  const blocks = blocksOf(message);
  const contentFault = findContentFault(blocks);
  if (contentFault !== null) return contentFault;
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
    if (!unanswered.has(id)) return `unexpected \`tool_use_id\` in \`tool_result\` blocks: ${id}`;
    answered.add(id);
  }
  const missing = [...unanswered].filter((id) => !answered.has(id));
  return missing.length > 0 ? missingResults(new Set(missing)) : null;
}

const missingResults = (ids: ReadonlySet<string>): string =>
  `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${[...ids].join(', ')}`;
