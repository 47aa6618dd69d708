/** What every part of the bench is given. */
import type { Client } from '@temporalio/client';
import type { Database } from '../store/database.js';
import type { Contestant, Contestants } from './contestants.js';
import type { Section } from './report.js';
import type { Servers } from './servers.js';
import type { Sizes } from './sizes.js';

export interface Bench {
  readonly servers: Servers;
  readonly contestants: Contestants;
  readonly client: Client;
  /** Of the bench itself, to look at what Belay has written. */
  readonly database: Database;
  readonly sizes: Sizes;
  readonly log: (line: string) => void;
}

export type Part = (bench: Bench) => Promise<Section>;

/**
 * Values by contestant, each measured once a round; who begins changes from round to round. Tiny
 * benches measure nothing, so there they all go together.
 */
export async function inTurn<Name extends string, Value>(
  { rounds, isTiny }: Sizes,
  contestants: Readonly<Record<Name, Contestant>>,
  measure: (contestant: Contestant, name: Name) => Promise<Value>,
): Promise<Record<Name, Value[]>> {
  const names = Object.keys(contestants) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<
    Name,
    Value[]
  >;
  const measureOne = async (name: Name): Promise<void> => {
    values[name].push(await measure(contestants[name], name));
  };
  for (let round = 0; round < rounds; round += 1) {
    const shift = round % names.length;
    const order = [...names.slice(shift), ...names.slice(0, shift)];
    if (isTiny) await Promise.all(order.map(measureOne));
    else for (const name of order) await measureOne(name);
  }
  return values;
}

/** Runs `work` so many times, and at most `atOnce` of them together. */
export async function repeated(
  times: number,
  atOnce: number,
  work: () => Promise<void>,
): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
