/** What a scenario found, in figures: one line for people, one for the table of `npm run faults`. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';

export interface Figures {
  readonly scenario: string;
  readonly seed: number;
  readonly cases: number;
  readonly runs: number;
  readonly lost: number;
  readonly duplicated: number;
  /** From a part being up again to the next progress of a run that it had in hand, in milliseconds. */
  readonly recoveryMs?: readonly number[];
  /** From its start to its being up, in milliseconds. */
  readonly bootMs?: readonly number[];
  /** Anything else worth a figure. */
  readonly note?: string;
}

/** Tells what a scenario found. */
export function tell(figures: Figures): void {
  const { scenario, recoveryMs = [], bootMs = [], ...rest } = figures;
  const row = {
    scenario,
    ...rest,
    recoveryMedianMs: median(recoveryMs),
    recoveryWorstMs: recoveryMs.length === 0 ? null : Math.round(Math.max(...recoveryMs)),
    bootMedianMs: median(bootMs),
  };
  const words = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  process.stderr.write(`faults: ${words.map(([name, value]) => `${name} ${value}`).join(', ')}\n`);
  const folder = process.env['BELAY_TEST_FOLDER'];
  if (folder === undefined) return;
  appendFileSync(path.join(folder, 'faults.jsonl'), `${JSON.stringify(row)}\n`);
}

/** The middle one, the upper of two; null of nothing. */
export function median(values: readonly number[]): number | null {
  const middle = values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];
  return middle === undefined ? null : Math.round(middle);
}
