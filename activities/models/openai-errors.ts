/** Turns what servers of chat completions answer into ours: by code, then type, then status. */
import { z } from 'zod';
import type { ErrorFacts } from './failed-request.js';
import type { ModelFailureCode } from './model-error.js';
import { retryAfterOf } from './retry-after.js';

/** An answer that is an error, in its place or within a stream. Its body stays in here. */
export class OpenAiError extends Error {
  override readonly name = 'OpenAiError';
  constructor(
    /** Null within a stream. */
    readonly status: number | null,
    readonly headers: Headers | undefined,
    readonly body: unknown,
  ) {
    super('The server answered with an error');
  }
}

/** What an error says: the code of ours, the wait that is asked for, the request's id. */
export function readOpenAiError(error: unknown): ErrorFacts {
  // Refused connections, resets, streams that end too early.
  if (!(error instanceof OpenAiError)) return { code: 'model-unreachable' };
  const retryAfterMs = retryAfterOf(error.headers);
  const requestId = requestIdOf(error.headers);
  return {
    code: codeOf(error),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === null ? {} : { requestId }),
  };
}

/** The server's name of a request, where it gives one. */
export const requestIdOf = (headers: Headers | undefined): string | null =>
  headers?.get('x-request-id') ?? null;

const word = z.union([z.string(), z.number()]).nullish();
/** `{ error: { code, type, message } }`; vLLM puts the same at the top; Ollama sends text alone. */
const details = z.object({ code: word, type: word, message: z.string().nullish() });
const bodySchema = z.union([
  z.object({ error: details }).transform(({ error }) => error),
  z.object({ error: z.string() }).transform((body) => ({ message: body.error })),
  details,
]);

/** Stable codes and types that say more than the status they come with. */
const byWord: Readonly<Record<string, ModelFailureCode>> = {
  insufficient_quota: 'model-quota',
  billing_hard_limit_reached: 'model-quota',
  billing_not_active: 'model-quota',
  insufficient_credits: 'model-quota',
  rate_limit_exceeded: 'model-rate-limited',
  rate_limit_error: 'model-rate-limited',
  tokens: 'model-rate-limited',
  requests: 'model-rate-limited',
  context_length_exceeded: 'model-context-too-long',
  exceed_context_size_error: 'model-context-too-long',
  string_above_max_length: 'model-context-too-long',
  content_filter: 'model-refused',
  content_policy_violation: 'model-refused',
  overloaded: 'model-overloaded',
  overloaded_error: 'model-overloaded',
  engine_overloaded: 'model-overloaded',
  service_unavailable_error: 'model-overloaded',
  invalid_api_key: 'model-rejected',
  model_not_found: 'model-rejected',
};

const byStatus: Readonly<Record<number, ModelFailureCode>> = {
  402: 'model-quota',
  408: 'model-unreachable',
  409: 'model-unreachable',
  413: 'model-context-too-long',
  425: 'model-unreachable',
  429: 'model-rate-limited',
  503: 'model-overloaded',
  529: 'model-overloaded',
};

/** vLLM and llama.cpp say it in a sentence alone. */
const contextWords = /maximum context length|exceeds? the (?:available )?context (?:size|window)/iu;

function codeOf(error: OpenAiError): ModelFailureCode {
  const said = bodySchema.safeParse(error.body).data ?? {};
  const { code, type, message } = { code: null, type: null, message: '', ...said };
  const known = own(byWord, code) ?? own(byWord, type);
  if (known !== undefined) return known;
  // Within a stream the code may be the status that would have been sent.
  const status = error.status ?? (typeof code === 'number' ? code : Number(code) || null);
  if (status === null) return 'model-unreachable';
  const byNumber = own(byStatus, status);
  if (byNumber !== undefined) return byNumber;
  if (status < 400 || status >= 500) return 'model-unreachable';
  return contextWords.test(message ?? '') ? 'model-context-too-long' : 'model-rejected';
}

const own = (
  table: Readonly<Record<string, ModelFailureCode>>,
  key: string | number | null | undefined,
): ModelFailureCode | undefined =>
  key != null && Object.hasOwn(table, key) ? table[key] : undefined;
