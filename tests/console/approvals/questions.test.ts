import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ApprovalView } from '../../../contracts/approval.js';
import { takeIn, withoutOld, type Question } from '../../../console/approvals/questions.js';

const approval = (id: string, status: ApprovalView['status'] = 'pending'): ApprovalView =>
  ({ id, status }) as ApprovalView;
const ids = (questions: readonly Question[]): readonly string[] =>
  questions.map(({ approval: { id } }) => id);
const nobody = (): boolean => false;

describe('the questions on a page', () => {
  test('keep their places whatever comes and goes: nothing moves under a pointer', () => {
    const batch = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        let shown: readonly Question[] = [];
        for (const batchIds of batches) {
          const before = ids(shown);
          shown = takeIn(
            shown,
            batchIds.map((id) => approval(id)),
            0,
          );
          expect(ids(shown).slice(0, before.length)).toEqual(before);
          expect(new Set(ids(shown)).size).toBe(shown.length);
          for (const id of batchIds) expect(ids(shown)).toContain(id);
        }
      }),
    );
  });

  test('that are settled stay settled when an older answer comes late', () => {
    const settled = takeIn([], [approval('a', 'approved')], 5);
    expect(takeIn(settled, [approval('a')], 9)).toEqual(settled);
  });

  test('go ten seconds after they were settled, unless someone is at them', () => {
    const shown = takeIn([], [approval('a', 'approved'), approval('b')], 0);
    expect(ids(withoutOld(shown, 9_999, nobody))).toEqual(['a', 'b']);
    expect(ids(withoutOld(shown, 10_000, nobody))).toEqual(['b']);
    expect(ids(withoutOld(shown, 60_000, (id) => id === 'a'))).toEqual(['a', 'b']);
  });
});
