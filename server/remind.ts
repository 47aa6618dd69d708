/** Tells of what nobody answers, in the events of its run and in the log: questions, parked effects. */
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { runsToTell, tellQuestions } from '../store/question-reminders.js';
import { remind, runsToRemind } from '../store/reminders.js';
import type { RunAddress } from '../store/run-transaction.js';

const firstRoundMs = 500;
const runsPerRound = 50;

/** One kind of thing that is looked for. A quarter more or less, so that gateways differ. */
interface Round {
  readonly everyMs: number;
  find(database: Database, limit: number): Promise<readonly RunAddress[]>;
  tell(options: ReminderOptions, address: RunAddress): Promise<void>;
}

const rounds: readonly Round[] = [
  // An escalation may be short, and its next people know only what they are told.
  { everyMs: 2_000, find: runsToTell, tell: tellOfQuestions },
  { everyMs: 30_000, find: runsToRemind, tell: tellOfEffects },
];

export interface ReminderOptions {
  readonly database: Database;
  readonly log: Log;
}

export interface Reminder {
  /** Begins no more reminders and waits for those under way. */
  stop(): Promise<void>;
}

/** Starts looking, a page of runs every round. Doing it in several gateways does no harm. */
export function startReminder(options: ReminderOptions): Reminder {
  const repeated = rounds.map((round) => startRound(options, round));
  return { stop: async () => void (await Promise.all(repeated.map((round) => round.stop()))) };
}

function startRound(options: ReminderOptions, { everyMs, find, tell }: Round): Reminder {
  const { database, log } = options;
  let isStopped = false;
  let timer: NodeJS.Timeout;
  let working: Promise<void> = Promise.resolve();

  const round = async (): Promise<void> => {
    for (const address of await find(database, runsPerRound)) {
      if (isStopped) return;
      const { runId } = address;
      await tell(options, address).catch((error: unknown) =>
        // One run must not keep the others from being told.
        log.warn('A run was not reminded', { ...errorFields(error), runId }),
      );
    }
  };
  const schedule = (afterMs: number): void => {
    const work = (): void => {
      working = round()
        .catch((error: unknown) => log.debug('Nobody could be reminded', errorFields(error)))
        .finally(() => {
          if (!isStopped) schedule(everyMs);
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

const sentences = {
  escalated: 'A question waits for its next people',
  reminded: 'A question waits for a person',
  unclosed: 'A question expired, and no worker has closed it',
} as const;

async function tellOfQuestions({ database, log }: ReminderOptions, address: RunAddress) {
  for (const { approvalId, what } of await tellQuestions(database, address)) {
    log.warn(sentences[what], { runId: address.runId, approvalId });
  }
}

async function tellOfEffects({ database, log }: ReminderOptions, address: RunAddress) {
  const keys = await remind(database, address);
  if (keys.length > 0) log.warn('A parked effect waits for a person', { runId: address.runId });
}
