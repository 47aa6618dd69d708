/** Errors as answers: everything that is thrown becomes one problem+json (RFC 9457) here. */
import type { ErrorRequestHandler, Request } from 'express';
import { failures, type FailureCode } from '../contracts/failure.js';
import { BelayError, type BelayErrorDetails } from '../runtime/belay-error.js';
import { errorFields, type Log } from '../runtime/log.js';
import { isUnavailable } from '../store/database.js';
import type { GatewayResponse, RequestLocals } from './dependencies.js';

/** One field that is wrong: a JSON pointer to it, and what is wrong. */
export interface FieldProblem {
  readonly pointer: string;
  readonly detail: string;
}

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: FailureCode;
  readonly hint: string;
  readonly retryable: boolean;
  readonly requestId: string;
  readonly errors?: readonly FieldProblem[];
  /** What an occurrence adds, such as `currentStatus` or `decidedBy`. */
  readonly [extra: string]: unknown;
}

/** The answer to an error. Details of unexpected ones stay inside the process. */
export function problemOf(error: unknown, requestId: string): Problem {
  const { code, details } = failureOf(error);
  const { title, status, hint, retryable } = failures[code];
  return {
    type: `/docs/problems#${code}`,
    title,
    status,
    detail: details.detail ?? firstProblemOf(details) ?? `${title}.`,
    code,
    hint,
    retryable,
    requestId,
    ...details.extra,
  };
}

/** Where the request is wrong, for readers who look no further. */
function firstProblemOf({ extra }: BelayErrorDetails): string | null {
  const [first] = (extra?.['errors'] ?? []) as readonly FieldProblem[];
  if (first === undefined) return null;
  return `${first.pointer === '' ? 'The body' : first.pointer}: ${first.detail}.`;
}

/** Sends a problem, with `Retry-After` where waiting helps and `WWW-Authenticate` on 401. */
export function sendProblem(error: unknown, response: GatewayResponse): void {
  const problem = problemOf(error, response.locals.requestId);
  const { details } = failureOf(error);
  if (details.retryAfterSeconds !== undefined) {
    response.set('Retry-After', String(details.retryAfterSeconds));
  }
  if (problem.status === 401) response.set('WWW-Authenticate', 'Bearer');
  response
    .status(problem.status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem));
}

/** The one error middleware. */
export const problemMiddleware =
  (
    log: Log,
  ): ErrorRequestHandler<Request['params'], unknown, unknown, Request['query'], RequestLocals> =>
  // Express knows an error middleware by its four parameters.
  (error: unknown, request, response, _next) => {
    const { code } = failureOf(error);
    const { requestId } = response.locals;
    const fields = { ...errorFields(error), requestId, method: request.method };
    if (code === 'internal') log.error('A request failed', fields);
    else if (failures[code].status >= 500) log.warn('A request found a dependency away', fields);
    // What has begun can't become another answer.
    if (response.headersSent) response.destroy();
    else sendProblem(error, response);
  };

interface Failure {
  readonly code: FailureCode;
  readonly details: BelayErrorDetails;
}

function failureOf(error: unknown): Failure {
  if (error instanceof BelayError) return { code: error.code, details: error.details };
  if (isUnavailable(error)) {
    return { code: 'database-unavailable', details: { retryAfterSeconds: 1 } };
  }
  const status = clientStatusOf(error);
  if (status === null) return { code: 'internal', details: {} };
  return { code: codeByStatus[status] ?? 'invalid-parameter', details: {} };
}

/** Express and its body parser say with `status` that the request was wrong. */
function clientStatusOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  const { status } = error as { status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500 ? status : null;
}

const codeByStatus: Readonly<Record<number, FailureCode>> = {
  404: 'not-found',
  413: 'body-too-large',
  415: 'unsupported-media-type',
};
