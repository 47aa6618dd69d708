/** Every answer of a service as an outcome of ours: by the class of the call and the status. */
import type { EffectClass } from '../../contracts/effect.js';
import { keptResultBytes } from '../../contracts/limits.js';
import type { HttpOrigin } from '../../runtime/http-origins.js';
import type { ToolOutcome } from '../tool.js';
import type { HttpAnswer } from './guarded-http.js';
import { shownText, withoutSecrets } from './shown-text.js';

export interface AnsweredCall {
  readonly method: string;
  readonly effect: EffectClass;
  /** Null for an origin that no operator named. */
  readonly origin: HttpOrigin | null;
}

/** Answers that pass by themselves: https://www.rfc-editor.org/rfc/rfc9110#section-15 */
const passing: ReadonlySet<number> = new Set([408, 425, 429, 502, 503, 504]);
/** Refused before anything was done: too early (RFC 8470), too many (RFC 6585). */
const untouched: ReadonlySet<number> = new Set([425, 429]);
/** The request was not carried out here, and is to be sent elsewhere as it is. */
const moved: ReadonlySet<number> = new Set([307, 308]);
/** Deleted is what a lost answer to the first DELETE and a 404 to the second have in common. */
const gone: ReadonlySet<number> = new Set([404, 410]);

/**
 * What a whole answer means. A read's is its result, but for those that pass by themselves, which are
 * waited for where an operator named the origin. An effect happened (2xx, a redirect after it), was
 * refused (4xx), was not looked at (425, 429), or may have happened: 408, 5xx, and 409 under a key,
 * which says that the first request with it is still at work.
 */
export function outcomeOfAnswer(answer: HttpAnswer, call: AnsweredCall): ToolOutcome {
  const { status, headers } = answer;
  const isRead = call.effect === 'read';
  const isDone = isRead || (status >= 200 && status < 400 && !moved.has(status));
  if (isRead ? call.origin !== null && passing.has(status) : untouched.has(status))
    return { kind: 'not-sent', code: 'tool-unreachable', ...retryAfter(headers['retry-after']) };
  if (isDone || (call.method === 'DELETE' && gone.has(status)))
    return { kind: 'done', result: resultOf(answer, call.origin), externalRef: null };
  if (status === 409 && call.effect === 'keyed') return unknown('effect-in-flight');
  if ((status >= 400 && status < 500 && status !== 408) || moved.has(status))
    return { kind: 'refused', message: refusalOf(answer, call.origin) };
  const isStored = call.effect === 'keyed' && headers['idempotent-replayed'] === 'true';
  return unknown(isStored ? 'effect-failure-stored' : 'tool-unreachable');
}

const unknown = (code: 'effect-in-flight' | 'effect-failure-stored' | 'tool-unreachable') =>
  ({ kind: 'unknown', code }) as const;

/** Headers by which an answer is understood and a next request is made. No cookie, nothing of proxies. */
const shownHeaders = [
  'content-type',
  'location',
  'etag',
  'last-modified',
  'link',
  'allow',
] as const;
const headerCharacters = 1_024;

function resultOf(answer: HttpAnswer, origin: HttpOrigin | null) {
  const head = { status: answer.status, headers: headersOf(answer, origin) };
  // What is too long to be shown at once is kept, and the model reads on in it.
  const roomBytes = keptResultBytes - Buffer.byteLength(JSON.stringify(head)) - 200;
  return { ...head, ...shownText(answer, origin, roomBytes) };
}

function headersOf({ headers }: HttpAnswer, origin: HttpOrigin | null) {
  const shown = shownHeaders.flatMap((name) => {
    const value = headers[name];
    if (value === undefined) return [];
    return [[name, withoutSecrets(String(value), origin).slice(0, headerCharacters)] as const];
  });
  return Object.fromEntries(shown);
}

const refusalBytes = 4_096;

function refusalOf(answer: HttpAnswer, origin: HttpOrigin | null): string {
  const { text } = shownText(answer, origin, refusalBytes);
  const location = headersOf(answer, origin)['location'];
  const to = location === undefined ? '' : ` and named ${location}`;
  return `The service answered ${answer.status}${to}.${text ? `\n${text}` : ''}`;
}

/** Seconds, or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function retryAfter(value: string | undefined): { retryAfterMs?: number } {
  if (value === undefined) return {};
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? { retryAfterMs: ms } : {};
}
