/** Reads a request to `POST /v1/messages` as strictly as the API: what it takes, or a Refusal. */
import type { IncomingHttpHeaders } from 'node:http';
import Ajv2020 from 'ajv/dist/2020.js';
import { z } from 'zod';
import { blocksOf, findCacheFault, findConversationFault } from '../../contracts/conversation.js';
import type { ContentBlock, ConversationMessage } from '../../contracts/conversation.js';
import type { CacheablePrompt } from './prefix-cache.js';
import { Refusal } from './refusal.js';
import { findMovedThought, signThought, withoutCacheControl } from './thinking.js';

/** The only version spoken here. */
export const apiVersion = '2026-10-21';

/** What the stand-in uses of a request; the rest is checked and left alone. */
export interface MessagesRequest {
  readonly model: string;
  readonly maxTokens: number;
  readonly stream: boolean;
  readonly messages: readonly ConversationMessage[];
  readonly tools: readonly string[];
  readonly userId: string | null;
  readonly prompt: CacheablePrompt;
  /** The signature of a thought that an answer would begin with; null where none ever does. */
  readonly signThought: (() => string) | null;
  /** No call may be made: what is wanted is a summary. */
  readonly sumsUp: boolean;
  /** Whether answers are to think first. */
  readonly thinks: boolean;
}

/** Checks who asks, and in which version. Throws a Refusal. */
export function checkHeaders(headers: IncomingHttpHeaders): void {
  const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  const key = headers['x-api-key'];
  if (bearer === undefined && (key === undefined || key.length === 0)) {
    throw new Refusal('authentication_error', 'x-api-key or Authorization header is required');
  }
  const version = headers['anthropic-version'];
  if (version === undefined) {
    throw new Refusal('invalid_request_error', 'anthropic-version: header is required');
  }
  if (version !== apiVersion) {
    const text = `anthropic-version: "${String(version)}" is not a valid version`;
    throw new Refusal('invalid_request_error', text);
  }
}

/** Parses a body. Throws a Refusal that names the first rule it breaks. */
export function parseRequest(body: unknown): MessagesRequest {
  const { request, raw } = checkedBody(requestSchema, body);
  return {
    ...commonOf(request, raw),
    maxTokens: request.max_tokens,
    stream: request.stream ?? false,
    thinks: request.thinking !== undefined || request.output_config !== undefined,
  };
}

/** Parses the body of a request that only asks how long it is. Throws a Refusal. */
export function parseCountRequest(body: unknown): Pick<MessagesRequest, 'prompt'> {
  const { request, raw } = checkedBody(countSchema, body);
  return { prompt: commonOf(request, raw).prompt };
}

/** What both kinds of request have. */
type CommonBody = z.infer<typeof countSchema>;
type RawBody = Readonly<Record<string, unknown>> & { readonly messages: readonly unknown[] };

function checkedBody<Body extends CommonBody>(
  schema: z.ZodType<Body>,
  body: unknown,
): { readonly request: Body; readonly raw: RawBody } {
  const parsed = schema.safeParse(body, { error: wordLikeTheApi });
  if (!parsed.success) throw invalid(wordIssue(parsed.error.issues[0]));
  const request = parsed.data;
  const raw = body as RawBody;
  const messages = request.messages as readonly ConversationMessage[];
  const fault =
    findToolFault(request) ??
    findCacheFault(cacheable(raw, request)) ??
    findConversationFault(messages) ??
    // As it was sent, byte for byte: what is signed is not only what it means.
    findMovedThought(frameOf(raw), raw.messages as readonly ConversationMessage[]);
  if (fault !== null) throw invalid(fault);
  return { request, raw };
}

const frameOf = ({ system, tools }: RawBody) => ({ system, tools });

function commonOf(request: CommonBody, raw: RawBody) {
  const lifetime = request.cache_control?.ttl ?? '5m';
  const isCached = cacheable(raw, request).some((block) => block.cache_control != null);
  return {
    model: request.model,
    messages: request.messages as readonly ConversationMessage[],
    tools: (request.tools ?? []).map((tool) => tool.name),
    userId: request.metadata?.user_id ?? null,
    sumsUp: request.tool_choice?.type === 'none',
    prompt: {
      parts: [raw['tools'] ?? null, raw['system'] ?? null, ...raw.messages].map((part) =>
        JSON.stringify(withoutCacheControl(part)),
      ),
      keep: isCached ? lifetime : null,
    },
    signThought: () => signThought(frameOf(raw), raw.messages, ''),
  };
}

/** Everything that may carry a breakpoint: the request itself, tools, and blocks of all kinds. */
function cacheable(
  raw: RawBody,
  request: CommonBody,
): readonly { readonly cache_control?: unknown }[] {
  const blocks = (request.messages as readonly ConversationMessage[]).flatMap((message) =>
    blocksOf(message).flatMap((block) => [block, ...nestedIn(block)]),
  );
  const system = Array.isArray(request.system) ? request.system : [];
  const all: readonly object[] = [raw, ...system, ...(request.tools ?? []), ...blocks];
  return all.map((one) => ({ cache_control: 'cache_control' in one ? one.cache_control : null }));
}

const nestedIn = ({ content }: ContentBlock): readonly ContentBlock[] =>
  Array.isArray(content) ? (content as readonly ContentBlock[]) : [];

const invalid = (message: string) => new Refusal('invalid_request_error', message);

const identifier = z.string().regex(/^[a-zA-Z0-9_-]+$/, 'String should match a valid id');
const cacheControl = z
  .object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).optional() })
  .nullish();
const passedThrough = (type: string) => z.looseObject({ type: z.literal(type) });

const textBlock = z.looseObject({
  type: z.literal('text'),
  text: z.string(),
  cache_control: cacheControl,
});
const toolUseBlock = z.looseObject({
  type: z.literal('tool_use'),
  id: identifier,
  name: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});
const toolResultBlock = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: identifier,
  content: z.union([z.string(), z.array(z.union([textBlock, passedThrough('image')]))]).optional(),
  is_error: z.boolean().nullish(),
});
const userBlock = z.discriminatedUnion('type', [
  textBlock,
  toolResultBlock,
  passedThrough('image'),
  passedThrough('document'),
]);
const assistantBlock = z.discriminatedUnion('type', [
  textBlock,
  toolUseBlock,
  passedThrough('thinking'),
  passedThrough('redacted_thinking'),
  passedThrough('server_tool_use'),
  passedThrough('web_search_tool_result'),
]);
const message = z.discriminatedUnion('role', [
  z.strictObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(userBlock)]),
  }),
  z.strictObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantBlock)]),
  }),
]);

const tool = z.looseObject({
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, 'String should match a valid tool name'),
  description: z.string().optional(),
  input_schema: z.looseObject({ type: z.literal('object') }),
});

const countSchema = z.strictObject({
  model: z.string().min(1),
  messages: z.array(message),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'none', 'any', 'tool']) }).optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  cache_control: cacheControl,
  thinking: z.unknown().optional(),
  output_config: z.unknown().optional(),
});

const requestSchema = countSchema.extend({
  max_tokens: z.int().min(1),
  stream: z.boolean().optional(),
  stop_sequences: z.array(z.string().min(1)).optional(),
  container: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  inference_geo: z.unknown().optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
});

const schemas = new Ajv2020({ strict: false });

function findToolFault(request: CommonBody): string | null {
  const choice = request.tool_choice?.type;
  if (choice === 'any' || choice === 'tool') {
    return `tool_choice: type "${choice}" is not supported by this model; use "auto" or "none"`;
  }
  const names = new Set<string>();
  for (const [index, { name, input_schema: schema }] of (request.tools ?? []).entries()) {
    if (names.has(name)) return 'tools: Tool names must be unique.';
    names.add(name);
    const at = `tools.${index}.custom.input_schema`;
    if (['oneOf', 'allOf', 'anyOf'].some((keyword) => keyword in schema)) {
      return `${at}: input_schema does not support oneOf, allOf, or anyOf at the top level`;
    }
    if (schemas.validateSchema(schema) !== true) {
      return `${at}: JSON schema is invalid. It must match JSON Schema draft 2020-12`;
    }
  }
  return null;
}

const wordLikeTheApi = (issue: { code?: string; input?: unknown }): string | undefined =>
  issue.code === 'invalid_type' && issue.input === undefined ? 'Field required' : undefined;

function wordIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'invalid request';
  const extra = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const text = extra.length > 0 ? 'Extra inputs are not permitted' : issue.message;
  return `${[...issue.path, ...extra].join('.')}: ${text}`;
}
