/** Reads a request to `POST /v1/messages` as strictly as the API: what it takes, or a Refusal. */
import type { IncomingHttpHeaders } from 'node:http';
import Ajv2020 from 'ajv/dist/2020.js';
import { z } from 'zod';
import { findConversationFault } from '../../contracts/conversation.js';
import type { ConversationMessage } from '../../contracts/conversation.js';
import { Refusal } from './refusal.js';

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
  readonly cached: boolean;
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
  const parsed = requestSchema.safeParse(body, { error: wordLikeTheApi });
  if (!parsed.success) throw invalid(wordIssue(parsed.error.issues[0]));
  const request = parsed.data;
  const fault =
    findToolFault(request) ??
    findCacheFault(body) ??
    findConversationFault(request.messages as readonly ConversationMessage[]);
  if (fault !== null) throw invalid(fault);
  return {
    model: request.model,
    maxTokens: request.max_tokens,
    stream: request.stream ?? false,
    messages: request.messages as readonly ConversationMessage[],
    tools: (request.tools ?? []).map((tool) => tool.name),
    userId: request.metadata?.user_id ?? null,
    cached: countCacheControls(body) > 0,
  };
}

const invalid = (message: string) => new Refusal('invalid_request_error', message);

const identifier = z.string().regex(/^[a-zA-Z0-9_-]+$/, 'String should match a valid id');
const cacheControl = z.object({ type: z.literal('ephemeral') }).nullish();
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

const requestSchema = z.strictObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  messages: z.array(message).max(100_000),
  system: z.union([z.string(), z.array(textBlock)]).optional(),
  tools: z.array(tool).optional(),
  tool_choice: z.looseObject({ type: z.enum(['auto', 'none', 'any', 'tool']) }).optional(),
  stream: z.boolean().optional(),
  metadata: z.strictObject({ user_id: z.string().max(256).nullish() }).optional(),
  stop_sequences: z.array(z.string().min(1)).optional(),
  cache_control: cacheControl,
  container: z.unknown().optional(),
  diagnostics: z.unknown().optional(),
  inference_geo: z.unknown().optional(),
  output_config: z.unknown().optional(),
  service_tier: z.enum(['auto', 'standard_only']).optional(),
  speed: z.enum(['standard', 'fast']).nullish(),
  thinking: z.unknown().optional(),
});

const schemas = new Ajv2020({ strict: false });

function findToolFault(request: z.infer<typeof requestSchema>): string | null {
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

function findCacheFault(body: unknown): string | null {
  const count = countCacheControls(body);
  return count > 4
    ? `A maximum of 4 blocks with cache_control may be provided. Found ${count}.`
    : null;
}

function countCacheControls(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = 'cache_control' in value && value.cache_control !== null ? 1 : 0;
  return Object.entries(value).reduce(
    // Arguments of a tool and its schema may use the word for their own purposes.
    (sum, [key, child]) =>
      key === 'input' || key === 'input_schema' ? sum : sum + countCacheControls(child),
    own,
  );
}

const wordLikeTheApi = (issue: { code?: string; input?: unknown }): string | undefined =>
  issue.code === 'invalid_type' && issue.input === undefined ? 'Field required' : undefined;

function wordIssue(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return 'invalid request';
  const extra = issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const text = extra.length > 0 ? 'Extra inputs are not permitted' : issue.message;
  return `${[...issue.path, ...extra].join('.')}: ${text}`;
}
