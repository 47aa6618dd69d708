/** Every error of the Stripe package as an outcome of ours: by class, status and code. */
import Stripe from 'stripe';
import type { ToolOutcome } from '../tool.js';
import { connectTimeoutCode } from './bounded-agent.js';

type Failure = Exclude<ToolOutcome, { kind: 'done' }>;

/** Errors of name resolution and of refused connections: no byte of the request has left. */
const neverConnected = new Set([connectTimeoutCode, 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);

/**
 * What an error of a Stripe call means for its effect. Only what certainly did nothing is `refused`
 * or `not-sent`. Of the unknown ones, `effect-failure-stored` says that Stripe has stored a
 * failure under this key: asking again can teach nothing. What is not Stripe's is thrown on.
 */
export function outcomeOfStripeError(error: unknown): Failure {
  if (error instanceof Stripe.errors.StripeConnectionError) return ofConnection(error);
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const status = error.statusCode;
  if (status === 409) return { kind: 'unknown', code: 'effect-in-flight' };
  if (status === 429) return { kind: 'not-sent', code: 'tool-unreachable', ...retryAfter(error) };
  if (status !== undefined && status >= 400 && status < 500) {
    return { kind: 'refused', message: `Stripe refused the request: ${reasonOf(error)}.` };
  }
  const stored = error.headers?.['idempotent-replayed'] === 'true';
  return { kind: 'unknown', code: stored ? 'effect-failure-stored' : 'tool-unreachable' };
}

function ofConnection(error: Stripe.errors.StripeConnectionError): Failure {
  const { code, syscall } = (error.detail ?? {}) as NodeJS.ErrnoException;
  const unsent = syscall === 'connect' || neverConnected.has(code ?? '');
  return { kind: unsent ? 'not-sent' : 'unknown', code: 'tool-unreachable' };
}

/** Stripe's own identifiers, never its sentences: those may quote what was sent. */
function reasonOf(error: Stripe.errors.StripeError): string {
  const code = error.code ?? error.rawType;
  const param = error.param === undefined ? '' : ` (${identifier(error.param)})`;
  return `${identifier(code)}${param}`;
}

const identifier = (text: string | undefined): string =>
  text !== undefined && /^[\w[\].]{1,64}$/.test(text) ? text : 'no code';

function retryAfter(error: Stripe.errors.StripeError): { retryAfterMs?: number } {
  const seconds = Number(error.headers?.['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}
