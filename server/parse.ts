/** Parsing at the edge: ids, queries, bodies, keys. What is malformed is named field by field. */
import type { Request } from 'express';
import { z } from 'zod';
import type { FailureCode } from '../contracts/failure.js';
import type { ApprovalId, EffectKey, GrantId, RunId } from '../contracts/ids.js';
import { pageRows, requestProblems } from '../contracts/limits.js';
import { isPrincipalName } from '../contracts/principal.js';
import { isApiKeyId } from '../runtime/api-key.js';
import { BelayError } from '../runtime/belay-error.js';
import { digestOf } from '../runtime/digest.js';
import { isApprovalId, isEffectKey, isGrantId, isRunId } from '../runtime/ids.js';
import type { IdempotencyClaim } from '../store/idempotency.js';
import type { Call } from './dependencies.js';
import type { FieldProblem } from './problem.js';

/** The run id in the path; one of another shape is `not-found`. */
export const runIdOf = (request: Request): RunId => idOf(request, 'id', isRunId);
/** The approval id in the path; one of another shape is `not-found`. */
export const approvalIdOf = (request: Request): ApprovalId => idOf(request, 'id', isApprovalId);
/** The grant id in the path; one of another shape is `not-found`. */
export const grantIdOf = (request: Request): GrantId => idOf(request, 'id', isGrantId);
/** The effect key in the path; one of another shape is `not-found`. */
export const effectKeyOf = (request: Request): EffectKey => idOf(request, 'key', isEffectKey);

/** The name of a principal in the path; `local` and other shapes are `not-found`. */
export const principalIdOf = (request: Request): string => textOf(request, isPrincipalName);
/** The visible part of an API key in the path; one of another shape is `not-found`. */
export const apiKeyIdOf = (request: Request): string => textOf(request, isApiKeyId);

function textOf(request: Request, isMeant: (text: string) => boolean): string {
  const text = request.params['id'];
  if (typeof text !== 'string' || !isMeant(text)) throw new BelayError('not-found');
  return text;
}

const positiveNumber = z.coerce.number().int().positive().max(Number.MAX_SAFE_INTEGER);

/** The numeric id in the path; anything else is `not-found`. */
export function numberOf(request: Request): number {
  const id = positiveNumber.safeParse(request.params['id']);
  if (!id.success) throw new BelayError('not-found');
  return id.data;
}

function idOf<Id extends string>(
  request: Request,
  name: string,
  isId: (text: string) => text is Id,
): Id {
  const text = request.params[name];
  if (typeof text !== 'string' || !isId(text)) throw new BelayError('not-found');
  return text;
}

/** Parses a body. Throws `invalid-request` with `errors`. */
export const parseRequest = <Shape extends z.ZodType>(shape: Shape, body: unknown) =>
  parse(shape, body, 'invalid-request');

/** Parses a query; an empty parameter counts as absent. Throws `invalid-parameter` with `errors`. */
export function parseQuery<Shape extends z.ZodType>(shape: Shape, query: Request['query']) {
  const present = Object.entries(query).filter(([, value]) => value !== '');
  return parse(shape, Object.fromEntries(present), 'invalid-parameter');
}

/** `limit` of a list. */
export const limitParameter = z.coerce
  .number()
  .int()
  .min(1)
  .max(pageRows.maximum)
  .default(pageRows.default);

function parse<Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  code: FailureCode,
): z.output<Shape> {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  throw new BelayError(code, { extra: { errors: fieldProblems(result.error) } });
}

/** What zod found, as JSON pointers; a key too many is named itself. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  const problems = error.issues.flatMap((issue): FieldProblem[] => {
    if (issue.code !== 'unrecognized_keys') {
      return [{ pointer: pointerOf(issue.path), detail: issue.message }];
    }
    return issue.keys.map((key) => ({
      pointer: pointerOf([...issue.path, key]),
      detail: 'is not known here',
    }));
  });
  return problems.slice(0, requestProblems);
}

/** A JSON pointer (RFC 6901) to a path. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const visibleAscii = /^[\x21-\x7e]{1,255}$/;

/**
 * The claim of the `Idempotency-Key` header, or null without one. `route` scopes it beside the
 * principal; `subject` is everything that makes the request what it is.
 */
export function keyClaimOf(call: Call, route: string, subject: unknown): IdempotencyClaim | null {
  const key = call.request.get('idempotency-key');
  if (key === undefined) return null;
  if (!visibleAscii.test(key)) {
    const detail = 'Idempotency-Key takes 1 to 255 visible ASCII characters.';
    throw new BelayError('invalid-parameter', { detail });
  }
  const { tenantId, id: principalId } = call.principal;
  return { tenantId, principalId, route, key, bodyDigest: digestOf(subject) };
}
