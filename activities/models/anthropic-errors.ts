/** Turns what the Anthropic SDK throws into ours: by code, then type, then status, not by text. */
import { APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import type { ErrorFacts } from './failed-request.js';
import type { ModelFailureCode } from './model-error.js';
import { retryAfterOf } from './retry-after.js';

/** What an error of the SDK says: the code of ours, the wait that is asked for, the request's id. */
export function readAnthropicError(error: unknown): ErrorFacts {
  // Not its own error: a connection cut in the middle, or a stream without its last event.
  if (!(error instanceof APIError)) return { code: 'model-unreachable' };
  const retryAfterMs = retryAfterOf(error.headers);
  return {
    code: codeOf(error),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(error.requestID == null ? {} : { requestId: error.requestID }),
  };
}

/** Stable codes that say more than the type and the status they come with. */
const byErrorCode: Readonly<Record<string, ModelFailureCode>> = {
  enforced_spend_limit_reached: 'model-quota',
  contract_spend_limit_reached: 'model-quota',
  linked_organization_spend_limit_reached: 'model-quota',
  linked_organization_billing_unavailable: 'model-quota',
  organization_on_hold: 'model-quota',
  ramp_limit_exceeded: 'model-rate-limited',
};

/** The only word of an error that arrives in the middle of a stream, where there is no status. */
const byType: Readonly<Record<string, ModelFailureCode>> = {
  billing_error: 'model-quota',
  overloaded_error: 'model-overloaded',
  rate_limit_error: 'model-rate-limited',
  timeout_error: 'model-unreachable',
  api_error: 'model-unreachable',
  conflict_error: 'model-unreachable',
  invalid_request_error: 'model-rejected',
  authentication_error: 'model-rejected',
  permission_error: 'model-rejected',
  not_found_error: 'model-rejected',
  request_too_large: 'model-context-too-long',
};

const byStatus: Readonly<Record<number, ModelFailureCode>> = {
  402: 'model-quota',
  408: 'model-unreachable',
  409: 'model-unreachable',
  413: 'model-context-too-long',
  429: 'model-rate-limited',
  503: 'model-overloaded',
  529: 'model-overloaded',
};

function codeOf(error: APIError): ModelFailureCode {
  if (error instanceof APIUserAbortError) return 'model-unreachable';
  const code =
    own(byErrorCode, error.errorCode) ??
    own(byType, error.type) ??
    own(byStatus, error.status) ??
    (error.status !== undefined && error.status < 500 ? 'model-rejected' : 'model-unreachable');
  if (code === 'model-rejected' && error.status === 400 && contextWords.test(error.message)) {
    return 'model-context-too-long';
  }
  return corrected(code, error.headers?.get('x-should-retry') ?? null);
}

/** No code says so: these are the API's sentences, the one place where text is read. */
const contextWords = /prompt is too long|input length and .?max_tokens.? exceed context limit/iu;

const own = (
  table: Readonly<Record<string, ModelFailureCode>>,
  key: string | number | null | undefined,
): ModelFailureCode | undefined =>
  key != null && Object.hasOwn(table, key) ? table[key] : undefined;

/** The API's own word on whether a retry can help stands above the status. */
function corrected(code: ModelFailureCode, shouldRetry: string | null): ModelFailureCode {
  if (shouldRetry === 'true' && code === 'model-rejected') return 'model-unreachable';
  if (shouldRetry !== 'false') return code;
  if (code === 'model-rate-limited') return 'model-quota';
  return code === 'model-quota' ? code : 'model-rejected';
}
