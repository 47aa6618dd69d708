import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deathsAfter, healthyAfterMs, pauseBeforeRestart } from '../../dev/restart-law.js';

describe('the restart law', () => {
  it('starts a child again at once the first time', () => {
    expect(pauseBeforeRestart(0)).toBe(0);
  });

  it('waits longer after each death in a row, and never more than a second', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 60].map(pauseBeforeRestart);
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('forgets earlier deaths after five healthy seconds', () => {
    expect(deathsAfter(7, healthyAfterMs)).toBe(1);
    expect(deathsAfter(7, healthyAfterMs - 1)).toBe(8);
  });

  it('never waits more than a second, whatever the history', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000)), (lifetimes) => {
        const deaths = lifetimes.reduce((before, ranMs) => deathsAfter(before, ranMs), 0);
        expect(pauseBeforeRestart(deaths)).toBeLessThanOrEqual(1_000);
      }),
    );
  });
});
