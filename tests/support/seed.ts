/** Seeded choices: printed, so that a failing run can be repeated. */

export interface Dice {
  readonly seed: number;
  /** A whole number from 0 to `below` - 1. */
  roll(below: number): number;
}

/** Dice of the seed in `BELAY_TEST_SEED`, or of a new one, which is printed. */
export function createDice(what: string): Dice {
  const seed = Number(process.env['BELAY_TEST_SEED'] ?? Date.now() % 1_000_000);
  // What tests write to stdout, `npm test` does not show.
  process.stderr.write(`${what}: BELAY_TEST_SEED=${seed}\n`);
  let state = seed | 1;
  return {
    seed,
    roll: (below) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    },
  };
}
