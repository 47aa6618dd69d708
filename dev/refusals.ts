/** A start that is refused: each message says why, what is safe, and gives the ways out. */
import type { Cli } from './history-file.js';

export class StackRefusal extends Error {
  override readonly name = 'StackRefusal';
}

/** A key that moves real money was inherited, and nobody said that it is meant. */
export function liveKey(): StackRefusal {
  return new StackRefusal(
    'STRIPE_API_KEY is a live key: refunds would move real money. Nothing was started.\n' +
      '  Use it all the same:  npm start -- --use-env\n' +
      '  Use the stand-in:     STRIPE_API_KEY= npm start',
  );
}

/** DATABASE_URL names a Postgres that cannot be reached or used. */
export function unusableDatabase(error: unknown): StackRefusal {
  const why = error instanceof Error ? error.message : String(error);
  return new StackRefusal(
    `The Postgres of DATABASE_URL cannot be used: ${why}. Nothing was started.\n` +
      '  Start it or correct the address, or use the embedded one:  DATABASE_URL= npm start',
  );
}

/** DATABASE_URL names a database of others, and nobody said that it is meant. */
export function foreignDatabase(): StackRefusal {
  return new StackRefusal(
    'DATABASE_URL points to a database that is not on this machine or holds other tables than ' +
      "Belay's. Nothing was done to it.\n" +
      '  Use it all the same:   npm start -- --use-env\n' +
      '  Use the embedded one:  DATABASE_URL= npm start',
  );
}

/** TEMPORAL_ADDRESS names a server that does not answer. */
export function unreachableTemporal(address: string, error: unknown): StackRefusal {
  const why = error instanceof Error ? error.message : String(error);
  return new StackRefusal(
    `Temporal at ${address} (TEMPORAL_ADDRESS) cannot be reached: ${why}. Nothing was started, ` +
      'and your data were not touched.\n' +
      '  Start it or correct the address, or use the embedded one:  TEMPORAL_ADDRESS= npm start',
  );
}

/** Open runs are in a data file that the Temporal server that is here does not read. */
export function otherServer(
  folder: string,
  before: Cli,
  found: Cli,
  runs: number | null,
): StackRefusal {
  const open = runs === null ? 'runs may still be' : runs === 1 ? '1 run is' : `${runs} runs are`;
  return new StackRefusal(
    `The Temporal data in ${folder} were written by server ${before.serverVersion} ` +
      `(temporal ${before.version}), and ${open} open in them.\n` +
      `Only ${found.serverVersion} is here (${found.path}), which does not read them. ` +
      'Nothing was touched: runs, histories and database are safe.\n' +
      `  Go on with them:  TEMPORAL_CLI_PATH=/path/to/temporal-${before.version} npm start\n` +
      `                    (https://github.com/temporalio/cli/releases/tag/v${before.version})\n` +
      '  Give them up:     npm start -- --fresh   (wipes database, histories and keys)',
  );
}
