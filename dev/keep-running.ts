/** Keeps one child running: starts it again when it dies, until it is told to stop. */
import type { Exit } from './hold.js';
import { deathsAfter, healthyAfterMs, pauseBeforeRestart } from './restart-law.js';

/** A process that runs; a held program, Postgres and Temporal all look like this. */
export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

export interface KeepOptions {
  readonly name: string;
  readonly start: () => Promise<Running>;
  readonly onStarted: (running: Running, starts: number) => void;
  /** It died, or could not be started (`exit` is null then, and `error` says why). */
  readonly onDied: (death: Death) => void;
  readonly clock?: Clock;
}

export interface Death {
  readonly exit: Exit | null;
  readonly error: unknown;
  readonly ranMs: number;
  /** How many times in a row, this one included. */
  readonly deaths: number;
  readonly pauseMs: number;
}

export interface Kept {
  /** Ends the child for good. */
  stop(): Promise<void>;
}

/** Time, so that tests need not wait. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Starts the child; resolves when it runs. Rejects when the very first start fails. */
export async function keepRunning(options: KeepOptions): Promise<Kept> {
  const clock = options.clock ?? realClock;
  const stopping = new AbortController();
  let running = await options.start();
  options.onStarted(running, 1);

  const watch = async (): Promise<void> => {
    let startedAt = clock.now();
    let deaths = 0;
    let exit: Exit | null = await running.exited;
    let error: unknown = null;
    for (let starts = 2; !stopping.signal.aborted; starts += 1) {
      // A start that failed was not healthy, however long it took.
      const ranMs = exit === null ? 0 : clock.now() - startedAt;
      const before = ranMs >= healthyAfterMs ? 0 : deaths;
      const pauseMs = pauseBeforeRestart(before);
      deaths = deathsAfter(deaths, ranMs);
      options.onDied({ exit, error, ranMs, deaths, pauseMs });
      await clock.sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      startedAt = clock.now();
      try {
        running = await options.start();
        error = null;
        if (stopping.signal.aborted) return await running.stop();
        options.onStarted(running, starts);
        exit = await running.exited;
      } catch (cause) {
        exit = null;
        error = cause;
      }
    }
  };
  const watched = watch();

  return {
    stop: async () => {
      stopping.abort();
      await running.stop();
      await watched;
    },
  };
}

const realClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    }),
};
