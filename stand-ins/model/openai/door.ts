/** `POST /openai/v1/chat/completions`: the same planner behind the API that many servers speak. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Door } from '../door.js';
import { Refusal } from '../refusal.js';
import { chatFraming } from './framing.js';
import { parseChatRequest } from './request.js';

export const chatDoor: Door = {
  name: 'chat-completions',
  checkHeaders,
  parse: parseChatRequest,
  framing: chatFraming,
  refusal: refusalOf,
  headers: (requestId, limits) => ({
    'x-request-id': requestId,
    'x-ratelimit-remaining-requests': limits['anthropic-ratelimit-requests-remaining'] ?? '',
    'x-ratelimit-limit-requests': limits['anthropic-ratelimit-requests-limit'] ?? '',
  }),
};

function checkHeaders(headers: IncomingHttpHeaders): void {
  if (/^Bearer \S+$/.test(headers.authorization ?? '')) return;
  throw new Refusal('authentication_error', "You didn't provide an API key");
}

interface Words {
  readonly type: string;
  readonly code: string | null;
  readonly status?: number;
}

const invalidRequest: Words = { type: 'invalid_request_error', code: null };
const contextTooLong: Words = { ...invalidRequest, code: 'context_length_exceeded', status: 400 };
const quota: Words = { type: 'insufficient_quota', code: 'insufficient_quota', status: 429 };

/** How this API says what the other one says, by its type. */
const words: Readonly<Record<string, Words>> = {
  invalid_request_error: invalidRequest,
  authentication_error: { ...invalidRequest, code: 'invalid_api_key' },
  billing_error: quota,
  permission_error: { ...invalidRequest, code: 'unsupported_country_region_territory' },
  not_found_error: { ...invalidRequest, code: 'model_not_found' },
  conflict_error: { type: 'conflict_error', code: null },
  request_too_large: contextTooLong,
  rate_limit_error: { type: 'requests', code: 'rate_limit_exceeded' },
  api_error: { type: 'server_error', code: null },
  timeout_error: { type: 'timeout', code: null },
  overloaded_error: { type: 'service_unavailable_error', code: null, status: 503 },
};

function refusalOf(refusal: Refusal): { status: number; body: unknown } {
  const { type, message, details, status } = refusal;
  const said =
    details.errorCode?.endsWith('spend_limit_reached') === true
      ? quota
      : message.startsWith('prompt is too long')
        ? contextTooLong
        : (words[type ?? ''] ?? { type: 'server_error', code: null });
  return {
    status: said.status ?? status,
    body: { error: { message, type: said.type, param: null, code: said.code } },
  };
}
