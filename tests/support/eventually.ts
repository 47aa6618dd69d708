/** Waiting for something that another process does. */
import { setTimeout as wait } from 'node:timers/promises';

const betweenMs = 25;

/**
 * Asks again until the answer is true. Throws with the last answer's words after `withinMs`: it
 * finds what never comes, and is no measure of speed.
 */
export async function eventually(
  what: string,
  isSo: () => Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > untilMs) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await wait(betweenMs);
  }
}
