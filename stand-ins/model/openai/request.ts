/** Reads a chat completion request as strictly as OpenAI does, into what the planner reads. */
import { z } from 'zod';
import type { ContentBlock, ConversationMessage } from '../../../contracts/conversation.js';
import { Refusal } from '../refusal.js';
import type { MessagesRequest } from '../request.js';

const call = z.strictObject({
  id: z.string().min(1).max(64),
  type: z.literal('function'),
  function: z.strictObject({
    name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
    arguments: z.string(),
  }),
});
const text = z.string().min(1);
const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: text }),
  z.strictObject({ role: z.literal('user'), content: text }),
  z.strictObject({
    role: z.literal('assistant'),
    content: text.nullable(),
    tool_calls: z.array(call).min(1).optional(),
  }),
  z.strictObject({ role: z.literal('tool'), tool_call_id: z.string().min(1), content: z.string() }),
]);
type Message = z.infer<typeof message>;

const cap = z.int().min(1).optional();
const schema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message).min(1),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function'),
        function: z.strictObject({
          name: z.string().regex(/^[a-zA-Z0-9_-]{1,64}$/),
          description: z.string().optional(),
          parameters: z.looseObject({ type: z.literal('object') }),
        }),
      }),
    )
    .min(1)
    .optional(),
  max_tokens: cap,
  max_completion_tokens: cap,
  reasoning_effort: z.enum(['minimal', 'low', 'medium', 'high']).optional(),
  tool_choice: z.enum(['auto', 'none']).optional(),
  user: z.string().optional(),
  stream: z.boolean().optional(),
  stream_options: z.strictObject({ include_usage: z.boolean() }).optional(),
});

/** What an answer may be long where the request does not say. */
const defaultMaxTokens = 4_096;

/** How a result that is an error begins: there is no field for it. */
const errorMark = 'Error: ';

/** Parses a body. Throws a Refusal that names the first rule it breaks. */
export function parseChatRequest(body: unknown): MessagesRequest {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`Invalid value at '${issue?.path.join('.')}': ${issue?.message}`);
  }
  const request = parsed.data;
  if (request.max_tokens !== undefined && request.max_completion_tokens !== undefined) {
    throw invalid('Set either max_tokens or max_completion_tokens, not both');
  }
  if (request.stream_options !== undefined && request.stream !== true) {
    throw invalid('stream_options is only allowed when stream is enabled');
  }
  const fault = findOrderFault(request.messages);
  if (fault !== null) throw invalid(fault);
  return {
    model: request.model,
    maxTokens: request.max_completion_tokens ?? request.max_tokens ?? defaultMaxTokens,
    stream: request.stream ?? false,
    messages: canonical(request.messages),
    tools: (request.tools ?? []).map((tool) => tool.function.name),
    userId: request.user ?? null,
    sumsUp: request.tool_choice === 'none',
    prompt: {
      parts: [request.tools ?? null, ...request.messages].map((part) => JSON.stringify(part)),
      // Caching is automatic here.
      keep: '5m',
    },
    signThought: null,
    thinks: false,
  };
}

const invalid = (words: string) => new Refusal('invalid_request_error', words);

/** Every call is answered by the `tool` messages right after it, and those answer nothing else. */
function findOrderFault(messages: readonly Message[]): string | null {
  let open = new Set<string>();
  for (const [index, each] of messages.entries()) {
    if (each.role === 'tool') {
      if (!open.delete(each.tool_call_id)) return unexpectedTool(index);
      continue;
    }
    if (open.size > 0) return missingTools(open);
    if (each.role === 'system' && index > 0) return `messages.${index}: system comes first`;
    if (each.role !== 'assistant') continue;
    if (each.content === null && each.tool_calls === undefined) {
      return `messages.${index}: assistant needs content or tool_calls`;
    }
    open = new Set((each.tool_calls ?? []).map(({ id }) => id));
    if (open.size < (each.tool_calls ?? []).length) return `messages.${index}: ids repeat`;
  }
  if (open.size > 0) return missingTools(open);
  const last = messages.at(-1)?.role;
  return last === 'user' || last === 'tool' ? null : 'The last message must be from user or tool';
}

const unexpectedTool = (index: number): string =>
  `messages.${index}: role 'tool' must be a response to a preceding message with 'tool_calls'`;
const missingTools = (ids: ReadonlySet<string>): string =>
  "An assistant message with 'tool_calls' must be followed by tool messages responding to each " +
  `'tool_call_id': ${[...ids].join(', ')}`;

/** The same conversation in blocks. Tool messages in a row are one message of results. */
function canonical(messages: readonly Message[]): ConversationMessage[] {
  const made: { role: ConversationMessage['role']; content: ContentBlock[] }[] = [];
  for (const each of messages) {
    if (each.role === 'system') continue;
    const role = each.role === 'assistant' ? 'assistant' : 'user';
    const blocks = blocksOf(each);
    const last = made.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else made.push({ role, content: blocks });
  }
  return made;
}

function blocksOf(each: Exclude<Message, { role: 'system' }>): ContentBlock[] {
  if (each.role === 'user') return [{ type: 'text', text: each.content }];
  if (each.role === 'tool') {
    const isError = each.content.startsWith(errorMark);
    return [
      {
        type: 'tool_result',
        tool_use_id: each.tool_call_id,
        content: isError ? each.content.slice(errorMark.length) : each.content,
        ...(isError ? { is_error: true } : {}),
      },
    ];
  }
  return [
    ...(each.content === null ? [] : [{ type: 'text', text: each.content }]),
    ...(each.tool_calls ?? []).map((one): ContentBlock => {
      const input = parsedArguments(one.function.arguments);
      return { type: 'tool_use', id: one.id, name: one.function.name, input };
    }),
  ];
}

function parsedArguments(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw invalid('tool_calls: arguments must be JSON');
  }
}
