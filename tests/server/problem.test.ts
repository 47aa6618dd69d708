import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { failures, type FailureCode } from '../../contracts/failure.js';
import { BelayError } from '../../runtime/belay-error.js';
import { parseRequest } from '../../server/parse.js';
import { problemOf } from '../../server/problem.js';

const failed = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

test.each(Object.keys(failures) as FailureCode[])('%s becomes a whole problem', (code) => {
  const { title, status, hint, retryable } = failures[code];
  expect(problemOf(new BelayError(code), 'req_1')).toEqual({
    type: `/docs/problems#${code}`,
    title,
    status,
    detail: `${title}.`,
    code,
    hint,
    retryable,
    requestId: 'req_1',
  });
});

describe('a problem', () => {
  test('carries what its occurrence adds', () => {
    const extra = { currentStatus: 'approved', decidedBy: 'ana' };
    const error = new BelayError('approval-decided', { detail: 'ana decided.', extra });
    expect(problemOf(error, 'r')).toMatchObject({ ...extra, detail: 'ana decided.', status: 409 });
  });

  test('names each wrong field by a pointer', () => {
    const shape = z.strictObject({ a: z.object({ 'b/c': z.array(z.string()) }) });
    const error = failed(() => parseRequest(shape, { a: { 'b/c': ['x', 1] }, extra: true }));
    expect(problemOf(error, 'r')).toMatchObject({
      code: 'invalid-request',
      errors: [{ pointer: '/a/b~1c/1' }, { pointer: '/extra', detail: 'is not known here' }],
    });
  });

  test('lists at most twenty wrong fields', () => {
    const body = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, 1]));
    const error = failed(() => parseRequest(z.strictObject({}), body));
    expect(problemOf(error, 'r').errors).toHaveLength(20);
  });

  test('says nothing of an unexpected error but that it happened', () => {
    const problem = problemOf(new Error('password=hunter2'), 'r');
    expect(problem.code).toBe('internal');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  test.each([
    [Object.assign(new Error(), { status: 413, type: 'entity.too.large' }), 'body-too-large'],
    [Object.assign(new Error(), { status: 415 }), 'unsupported-media-type'],
    [Object.assign(new URIError(), { status: 400 }), 'invalid-parameter'],
    [Object.assign(new Error(), { status: 404 }), 'not-found'],
    [Object.assign(new Error(), { status: 500 }), 'internal'],
    [Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'database-unavailable'],
    [Object.assign(new Error(), { code: '57P01' }), 'database-unavailable'],
    [new Error('Connection terminated unexpectedly'), 'database-unavailable'],
    ['a text', 'internal'],
    [undefined, 'internal'],
  ])('of %p has the code %s', (error, code) => {
    expect(problemOf(error, 'r').code).toBe(code);
  });
});
