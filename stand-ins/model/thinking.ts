/** Thinking that is bound to what came before it: its signature fits that very conversation alone. */
import { createHmac } from 'node:crypto';
import { blocksOf, type ConversationMessage } from '../../contracts/conversation.js';
import { sha256Hex } from '../../runtime/digest.js';

/** Not a secret: it outlives restarts, so that a conversation does too. */
const signingKey = 'belay model stand-in';

/** What thinking is bound to, beside the messages before it. */
export interface ThinkingFrame {
  readonly system: unknown;
  readonly tools: unknown;
}

/** The signature of a thought that comes after these messages. */
export function signThought(
  frame: ThinkingFrame,
  before: readonly unknown[],
  thought: string,
): string {
  const { system = null, tools = null } = frame;
  const digest = sha256Hex(JSON.stringify(withoutCacheControl({ system, tools, before })));
  return createHmac('sha256', signingKey).update(`${digest}\n${thought}`).digest('base64');
}

/** Finds a thought that belongs to another conversation; null where all are in their places. */
export function findMovedThought(
  frame: ThinkingFrame,
  messages: readonly ConversationMessage[],
): string | null {
  for (const [index, message] of messages.entries()) {
    if (message.role !== 'assistant') continue;
    for (const [place, block] of blocksOf(message).entries()) {
      if (block.type !== 'thinking') continue;
      const { thinking = '', signature } = block as { thinking?: string; signature?: string };
      if (signature === signThought(frame, messages.slice(0, index), thinking)) continue;
      return (
        `messages.${index}.content.${place}: Invalid \`signature\` in \`thinking\` block: ` +
        'it is bound to a different conversation'
      );
    }
  }
  return null;
}

/** Where a cache breakpoint stands is not part of what was said. */
export function withoutCacheControl(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutCacheControl);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) =>
      key === 'cache_control' ? [] : [[key, key === 'input' ? child : withoutCacheControl(child)]],
    ),
  );
}
