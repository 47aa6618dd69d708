/** Reminds of parked effects that nobody answers: in the events of their runs, and in the log. */
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { remind, runsToRemind } from '../store/reminders.js';

/** A quarter more or less, so that gateways differ. */
const roundMs = 30_000;
const firstRoundMs = 500;
const runsPerRound = 50;

export interface ReminderOptions {
  readonly database: Database;
  readonly log: Log;
}

export interface Reminder {
  /** Begins no more reminders and waits for the one under way. */
  stop(): Promise<void>;
}

/** Starts reminding, a page of runs every half a minute. Doing it in several gateways does no harm. */
export function startReminder({ database, log }: ReminderOptions): Reminder {
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let working: Promise<void> = Promise.resolve();

  const round = async (): Promise<void> => {
    for (const address of await runsToRemind(database, runsPerRound)) {
      if (isStopped) return;
      const { runId } = address;
      await remind(database, address).then(
        (keys) => {
          if (keys.length > 0) log.warn('A parked effect waits for a person', { runId });
        },
        // One run must not keep the others from being told.
        (error: unknown) => log.warn('A run was not reminded', { ...errorFields(error), runId }),
      );
    }
  };
  const schedule = (afterMs: number): void => {
    const work = (): void => {
      working = round()
        .catch((error: unknown) => log.debug('Nobody could be reminded', errorFields(error)))
        .finally(() => {
          if (!isStopped) schedule(roundMs);
        });
    };
    timer = setTimeout(work, afterMs * (0.75 + Math.random() / 2));
  };
  schedule(firstRoundMs);
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
