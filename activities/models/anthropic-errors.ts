/** Turns what the Anthropic SDK throws into ours: by code, then type, then status, not by text. */
import { APIError, APIUserAbortError } from '@anthropic-ai/sdk';
import { ModelError, type ModelFailureCode } from './model.js';

/** Why we broke a request off ourselves, or null when we did not. */
export type BrokenOff = 'cancelled' | 'stalled' | null;

/** The ModelError for anything thrown while a request was under way. */
export function toModelError(
  error: unknown,
  brokenOff: BrokenOff,
  outputIsInvalid = false,
): ModelError {
  if (error instanceof ModelError) return error;
  if (brokenOff === 'cancelled') return new ModelError('run-cancelled', { cause: error });
  if (brokenOff === 'stalled') return new ModelError('model-stalled', { cause: error });
  if (outputIsInvalid) return new ModelError('model-output-invalid', { cause: error });
  if (!(error instanceof APIError)) {
    // A connection cut in the middle, or a stream that ended without its last event.
    return new ModelError('model-unreachable', { cause: error });
  }
  const retryAfterMs = retryAfterOf(error.headers);
  return new ModelError(codeOf(error), {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(error.requestID == null ? {} : { requestId: error.requestID }),
  });
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
};

const byStatus: Readonly<Record<number, ModelFailureCode>> = {
  402: 'model-quota',
  408: 'model-unreachable',
  409: 'model-unreachable',
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
  return corrected(code, error.headers?.get('x-should-retry') ?? null);
}

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

/** `retry-after-ms`, else `retry-after` in seconds or as a date, in milliseconds from now. */
function retryAfterOf(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (milliseconds >= 0) return Math.ceil(milliseconds);
  const text = headers?.get('retry-after') ?? '';
  const seconds = Number(text === '' ? Number.NaN : text);
  if (seconds >= 0) return Math.ceil(seconds * 1_000);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}
