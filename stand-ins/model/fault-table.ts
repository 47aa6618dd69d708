/** Every failure that the stand-in can be asked for, as data. */
import type { RefusalDetails, RefusalType } from './refusal.js';

/** What a fault does to a request that is otherwise in order. */
export type FaultAct =
  /** It is refused before anything is made of it, and costs nothing. */
  | {
      readonly kind: 'refuse';
      readonly type: RefusalType | null;
      readonly message: string;
      readonly details?: RefusalDetails;
    }
  /** The connection is at fault, or what stands in it. */
  | { readonly kind: 'connection'; readonly how: 'reset' | 'silence' | 'html' | 'error-body' }
  /** The stream breaks off in the middle of its last block. */
  | { readonly kind: 'break'; readonly how: 'cut' | 'stall' | 'error-event' }
  /** The answer ends in another way than it would. */
  | { readonly kind: 'stop'; readonly how: StopFault }
  /** Nothing happens to it: the next word is for a later one. */
  | { readonly kind: 'none' };

export type StopFault =
  | 'refuse'
  | 'truncate'
  | 'truncate-text'
  | 'half-json'
  | 'pause'
  | 'context-full'
  | 'stop-word'
  | 'new-stop';

const refuse = (
  type: RefusalType | null,
  message: string,
  details: RefusalDetails = {},
): FaultAct => ({ kind: 'refuse', type, message, details });

const retry = { 'x-should-retry': 'true' };
const inASecond = { ...retry, 'retry-after': '1' };
const spent = (errorCode: string) =>
  refuse('rate_limit_error', 'You have reached your spend limit', { errorCode });

/** By the word that asks for it. */
export const faultActs = {
  calm: { kind: 'none' },
  overload: refuse('overloaded_error', 'Overloaded', { headers: retry }),
  'rate-limit': refuse('rate_limit_error', 'This request would exceed your rate limit', {
    headers: inASecond,
  }),
  'ramp-limit': refuse('rate_limit_error', 'Your usage grows too fast', {
    headers: inASecond,
    errorCode: 'ramp_limit_exceeded',
  }),
  'spend-limit': spent('enforced_spend_limit_reached'),
  'contract-limit': spent('contract_spend_limit_reached'),
  'own-limit': refuse('billing_error', 'You have reached your own spend limit', { status: 400 }),
  'no-credit': refuse('billing_error', 'Your credit balance is too low'),
  'server-error': refuse('api_error', 'Internal server error'),
  'server-timeout': refuse('timeout_error', 'The request took too long'),
  'request-timeout': refuse(null, 'Request timeout', { status: 408 }),
  conflict: refuse('conflict_error', 'Another request is under way'),
  unavailable: refuse(null, 'Service unavailable', { status: 503 }),
  'context-too-long': refuse(
    'invalid_request_error',
    'prompt is too long: 1000001 tokens > 1000000 maximum',
  ),
  'too-large': refuse('request_too_large', 'Request exceeds the maximum size'),
  'bad-request': refuse('invalid_request_error', 'messages: this is not how it is done'),
  'bad-key': refuse('authentication_error', 'invalid API key'),
  'no-permission': refuse('permission_error', 'Your key may not use this model'),
  'no-model': refuse('not_found_error', 'model: no such model'),
  unprocessable: refuse(null, 'Unprocessable', { status: 422 }),
  'no-answer': { kind: 'connection', how: 'reset' },
  hang: { kind: 'connection', how: 'silence' },
  'bad-gateway': { kind: 'connection', how: 'html' },
  'error-body': { kind: 'connection', how: 'error-body' },
  'cut-stream': { kind: 'break', how: 'cut' },
  stall: { kind: 'break', how: 'stall' },
  'stream-overload': { kind: 'break', how: 'error-event' },
  refuse: { kind: 'stop', how: 'refuse' },
  truncate: { kind: 'stop', how: 'truncate' },
  'truncate-text': { kind: 'stop', how: 'truncate-text' },
  'half-json': { kind: 'stop', how: 'half-json' },
  pause: { kind: 'stop', how: 'pause' },
  'context-full': { kind: 'stop', how: 'context-full' },
  'stop-word': { kind: 'stop', how: 'stop-word' },
  'new-stop': { kind: 'stop', how: 'new-stop' },
} as const satisfies Record<string, FaultAct>;

export type FaultName = keyof typeof faultActs;
export const faultNames = Object.keys(faultActs) as FaultName[];
