/** The counting of standing grants: however many ask, none is used more often than it says (P4). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { takeUses, type CountedGrant } from '../../contracts/granting.js';
import type { GrantId } from '../../contracts/ids.js';

const idOf = (index: number) => `grt_${index}` as GrantId;
const grants = fc
  .array(
    fc.record({
      uses: fc.integer({ min: 1, max: 6 }),
      share: fc.integer({ min: 0, max: 6 }),
      isLive: fc.boolean(),
    }),
    { maxLength: 5 },
  )
  .map((each) =>
    each.map(({ uses, share, isLive }, index): CountedGrant => ({
      id: idOf(index),
      uses,
      used: Math.min(uses, share),
      isLive,
    })),
  );
/** Some name grants that are not there. */
const wishes = fc.array(fc.uniqueArray(fc.nat(6).map(idOf), { maxLength: 7 }), { maxLength: 20 });
const countOf = (taken: readonly ({ grantId: GrantId } | null)[], id: GrantId) =>
  taken.filter((use) => use?.grantId === id).length;

describe('uses that are taken', () => {
  test('are never more than their grant says, and none is of one that is not live', () => {
    fc.assert(
      fc.property(grants, wishes, (counted, asked) => {
        const taken = takeUses(asked, counted);
        expect(taken).toHaveLength(asked.length);
        for (const { id, uses, used, isLive } of counted) {
          const count = countOf(taken, id);
          expect(used + count).toBeLessThanOrEqual(uses);
          if (!isLive) expect(count).toBe(0);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('are of a grant that was named for the call, the first that has one left', () => {
    fc.assert(
      fc.property(grants, wishes, (counted, asked) => {
        const taken = takeUses(asked, counted);
        asked.forEach((wish, index) => {
          const before = taken.slice(0, index);
          const hasLeft = (id: GrantId) =>
            counted.some(
              (grant) =>
                grant.id === id && grant.isLive && grant.used + countOf(before, id) < grant.uses,
            );
          expect(taken[index]?.grantId).toBe(wish.find(hasLeft));
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test('are counted one after the other, so that each says which it is', () => {
    fc.assert(
      fc.property(grants, wishes, (counted, asked) => {
        const taken = takeUses(asked, counted);
        for (const { id, used, uses } of counted) {
          const own = taken.filter((use) => use?.grantId === id);
          expect(own).toEqual(own.map((_, at) => ({ grantId: id, used: used + at + 1, uses })));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('at once or in two turns are the same', () => {
    fc.assert(
      fc.property(grants, wishes, fc.nat(20), (counted, asked, cut) => {
        const first = takeUses(asked.slice(0, cut), counted);
        const after = counted.map((grant) => ({
          ...grant,
          used: grant.used + countOf(first, grant.id),
        }));
        const both = [...first, ...takeUses(asked.slice(cut), after)];
        expect(both).toEqual(takeUses(asked, counted));
      }),
      { numRuns: 500 },
    );
  });
});
