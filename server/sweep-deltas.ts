/** Clears away the text of turns under way that a killed worker left behind. */
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { sweepDeltas } from '../store/deltas.js';

const everyMs = 30_000;

export interface DeltaSweeper {
  /** Begins no more and waits for the one under way. */
  stop(): Promise<void>;
}

/** Starts sweeping, twice a minute. Doing it in several gateways does no harm. */
export function startDeltaSweeper({
  database,
  log,
}: {
  readonly database: Database;
  readonly log: Log;
}): DeltaSweeper {
  let sweeping: Promise<void> = Promise.resolve();
  const sweep = (): void => {
    sweeping = sweepDeltas(database).catch((error: unknown) =>
      log.debug('Text was not cleared away', errorFields(error)),
    );
  };
  const timer = setInterval(sweep, everyMs);
  return {
    stop: () => {
      clearInterval(timer);
      return sweeping;
    },
  };
}
