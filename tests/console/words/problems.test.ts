import { describe, expect, test } from '@jest/globals';
import { refusalSentence, type ProblemFields } from '../../../console/words/problems.js';

const decidedMs = Date.parse('2026-03-01T14:03:12Z');
const tell = (fields: Partial<ProblemFields>, afterMs = 4_200): string =>
  refusalSentence(
    { status: 409, code: 'approval-decided', title: 'Someone has already decided', ...fields },
    decidedMs + afterMs,
    decidedMs + afterMs,
    'UTC',
  );
const decided = {
  decidedBy: 'ana',
  decidedAt: new Date(decidedMs).toISOString(),
  decision: 'approve',
};

describe('a decision that was not taken', () => {
  test('tells who was first, with what, when, and by how much', () => {
    expect(tell(decided)).toBe(
      'ana approved this at 14:03:12, 4 s before you. Your answer was not used.',
    );
    expect(tell({ ...decided, decision: 'reject' }, 95_000)).toContain(
      'ana rejected this at 14:03:12, 1 min 35 s before you.',
    );
  });

  test('never says that someone decided after the click', () => {
    expect(tell(decided, -300)).toContain('a moment before you');
  });

  test.each([
    [{ code: 'args-changed' }, /changed while you were reading.*Nothing was decided/],
    [{ code: 'approval-expired' }, /expired before your answer came.*not made/],
    [
      { status: 403, code: 'forbidden', detail: 'This question is for finance.' },
      /^This is not yours to decide\. This question is for finance\.$/,
    ],
  ])('%j has a sentence of its own', (fields, expected) => {
    expect(tell(fields)).toMatch(expected);
  });

  test('of any other kind is told in the words of the gateway', () => {
    expect(tell({ code: 'internal', detail: 'it broke.' })).toBe('It broke.');
    expect(tell({ code: 'internal', title: 'Something failed' })).toBe('Something failed');
  });
});
