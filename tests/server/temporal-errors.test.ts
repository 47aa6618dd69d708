import { expect, test } from '@jest/globals';
import { ServiceError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { temporalFailureOf } from '../../server/temporal-errors.js';

/** As gRPC throws it. */
const grpcError = (code: number) =>
  Object.assign(new Error('a text that nobody may look at'), {
    code,
    details: '',
    metadata: { get: () => [] },
  });

test.each([
  [1, 'unavailable'],
  [2, 'unavailable'],
  [3, 'invalid'],
  [4, 'unavailable'],
  [5, 'no-workflow'],
  [6, 'already-there'],
  [7, 'unavailable'],
  [8, 'unavailable'],
  [9, 'refused'],
  [12, 'refused'],
  [13, 'unavailable'],
  [14, 'unavailable'],
  [16, 'unavailable'],
])('gRPC status %i means %s, bare or wrapped', (code, kind) => {
  expect(temporalFailureOf(grpcError(code)).kind).toBe(kind);
  const wrapped = new ServiceError('Failed', { cause: grpcError(code) });
  expect(temporalFailureOf(wrapped).kind).toBe(kind);
});

test('a workflow that is there already is what was asked for', () => {
  const error = new WorkflowExecutionAlreadyStartedError('there', 'run_1', 'agentRun');
  expect(temporalFailureOf(error)).toEqual({ kind: 'already-there' });
});

test('a namespace that is not there yet is waited for', () => {
  const code = 'NAMESPACE_NOT_FOUND';
  expect(temporalFailureOf(new NamespaceNotFoundError('x'))).toEqual({ kind: 'unavailable', code });
});

test('a fault of our own counts against the row, so that it can not repeat for ever', () => {
  expect(temporalFailureOf(new TypeError('ours'))).toEqual({ kind: 'refused', code: 'internal' });
});
