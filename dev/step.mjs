// One visible step of the preparation: its name at once, a sign of life every 10 s, its time.

/**
 * @typedef {(line: string) => void} LineLog writes one plain line to the person who waits
 */

const signOfLifeEveryMs = 10_000;

/** A step that cannot go on. The message says what failed, what is safe, and the fix. */
export class StepError extends Error {
  /** @override */
  name = 'StepError';
}

/**
 * Runs a step and reports it: `▸ install …`, `▸ install … 10 s`, `▸ install 12.3 s`.
 * @template T
 * @param {LineLog} log
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(log, name, work) {
  const startedAt = performance.now();
  log(`▸ ${name} …`);
  const timer = setInterval(() => log(`▸ ${name} … ${elapsed(startedAt)}`), signOfLifeEveryMs);
  try {
    const result = await work();
    log(`▸ ${name}  ${elapsed(startedAt)}`);
    return result;
  } catch (error) {
    log(`✗ ${name}  ${elapsed(startedAt)}`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * The time since then, for people: `0.3 s`, `12 s`.
 * @param {number} startedAt a reading of performance.now()
 */
export function elapsed(startedAt) {
  const seconds = (performance.now() - startedAt) / 1_000;
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}
