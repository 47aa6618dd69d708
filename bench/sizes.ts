/** How much is measured: enough to tell, or just enough to see that the bench works. */

export interface Sizes {
  readonly isTiny: boolean;
  readonly rounds: number;
  /** Agents at once, and the turns of each. */
  readonly steps: readonly { readonly agents: number; readonly turns: number }[];
  /** Runs of one turn, one after the other. */
  readonly starts: number;
  /** Questions answered one after the other. */
  readonly answers: number;
  /** Votes signed and checked one after the other. */
  readonly signatures: number;
  /** Effects carried out one by one, and as many together. */
  readonly effects: number;
  /** Turns under way that are followed one after the other, and pieces of text that are written. */
  readonly streams: number;
  readonly deltas: number;
  /** Two lengths of run, in turns, that history is compared between. */
  readonly historyTurns: readonly [number, number];
  /** The steps at which one long run is timed. */
  readonly depthSteps: readonly [number, number];
  /** Runs that wait for a person. */
  readonly waitingRuns: readonly [number, number];
  /** Runs in flight whose calls take as long as real ones. */
  readonly paced: {
    readonly agents: readonly number[];
    readonly turns: number;
    readonly modelMs: number;
    readonly toolMs: number;
  };
  readonly killed: { readonly agents: number; readonly turns: number; readonly callMs: number };
  /** How long processes are left alone before their memory is read, in milliseconds. */
  readonly settleMs: number;
}

export const fullSizes: Sizes = {
  isTiny: false,
  rounds: 3,
  steps: [
    { agents: 1, turns: 40 },
    { agents: 10, turns: 20 },
    { agents: 100, turns: 10 },
  ],
  starts: 60,
  answers: 40,
  signatures: 2_000,
  effects: 400,
  streams: 60,
  deltas: 2_000,
  historyTurns: [10, 20],
  depthSteps: [10, 500],
  waitingRuns: [500, 2_000],
  paced: { agents: [10, 100], turns: 5, modelMs: 500, toolMs: 100 },
  killed: { agents: 50, turns: 8, callMs: 50 },
  settleMs: 3_000,
};

export const tinySizes: Sizes = {
  isTiny: true,
  rounds: 1,
  steps: [
    { agents: 1, turns: 1 },
    { agents: 2, turns: 1 },
  ],
  starts: 1,
  answers: 1,
  signatures: 10,
  effects: 10,
  streams: 2,
  deltas: 20,
  historyTurns: [1, 2],
  depthSteps: [8, 10],
  waitingRuns: [1, 2],
  paced: { agents: [1, 2], turns: 1, modelMs: 20, toolMs: 10 },
  killed: { agents: 1, turns: 2, callMs: 20 },
  settleMs: 50,
};
