import { describe, expect, it } from '@jest/globals';
import type { TestRun } from './run-tests.js';
import { findFault, verdictOf } from './verdict.js';

const ran = (failure: string): TestRun => ({
  kind: 'ran',
  results: [{ fullName: 'the ledger keeps', isPassed: failure === '', failure }],
});
const red = ran('Error: expect(received).toEqual(expected)');

describe('a guard that was removed', () => {
  it('is missed when its test says so', () => {
    expect(verdictOf(red, 'keeps')).toEqual({ kind: 'red' });
    expect(verdictOf(ran('error: duplicate key'), 'keeps')).toEqual({ kind: 'red' });
  });

  it.each<[string, TestRun, RegExp]>([
    ['stays green', ran(''), /stays green/],
    [
      'runs into the limit of jest',
      ran('thrown: "Exceeded timeout of 5000 ms'),
      /bound of its own/,
    ],
    ['stumbles', ran('TypeError: undefined is not iterable'), /stumbles/],
    ['does not load', { kind: 'broken', why: 'the file does not load' }, /does not load/],
    ['is not there', { kind: 'ran', results: [] }, /no such test/],
  ])('is not missed when its test %s', (_how, run, why) => {
    expect(verdictOf(run, 'keeps')).toMatchObject({
      kind: 'not-red',
      why: expect.stringMatching(why),
    });
  });
});

it('a test that is red with the guard in place is no witness', () => {
  expect(findFault(ran(''), 'keeps')).toBeNull();
  expect(findFault(red, 'keeps')).toContain('red with the guard');
  expect(findFault(red, 'another')).toContain('no such test');
});
