/** When a child that died is started again: at once the first time, then more and more slowly. */

export const healthyAfterMs = 5_000;
const firstPauseMs = 100;
const longestPauseMs = 1_000;

/**
 * How long to wait before the next start. `deaths` counts those before this one that came without
 * five healthy seconds in between.
 */
export function pauseBeforeRestart(deaths: number): number {
  if (deaths === 0) return 0;
  return Math.min(firstPauseMs * 2 ** (deaths - 1), longestPauseMs);
}

/** The number of deaths in a row after one more, given how long the child ran. */
export function deathsAfter(deaths: number, ranMs: number): number {
  return ranMs >= healthyAfterMs ? 1 : deaths + 1;
}
