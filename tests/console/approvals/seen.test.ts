import { describe, expect, test } from '@jest/globals';
import type { ApprovalView } from '../../../contracts/approval.js';
import { compareSeen, type Shown } from '../../../console/approvals/seen.js';

const shown = (argsDigest: string, round: number): Shown =>
  ({ args: {}, argsDigest, round }) as unknown as Shown;
const known = (argsDigest: string, round: number, status: ApprovalView['status'] = 'pending') => ({
  ...shown(argsDigest, round),
  status,
});

describe('arguments that were shown', () => {
  test('can be decided on while the question is about them', () => {
    expect(compareSeen(shown('one', 1), known('one', 1))).toEqual({
      isOther: false,
      isStale: false,
    });
  });

  test('can be decided on no more when somebody has changed them: they are looked at again', () => {
    expect(compareSeen(shown('one', 1), known('two', 2))).toEqual({
      isOther: true,
      isStale: true,
    });
  });

  test('of the reader’s own edit are waited for, and not taken for somebody’s change', () => {
    expect(compareSeen(shown('two', 2), known('one', 1))).toEqual({
      isOther: true,
      isStale: false,
    });
  });

  test('are past once it is decided', () => {
    expect(compareSeen(shown('one', 1), known('two', 2, 'approved')).isOther).toBe(false);
  });
});
