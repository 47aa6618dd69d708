/** The wake-up for those who follow runs: one direct connection that listens, made again when lost. */
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { RunId } from '../contracts/ids.js';
import type { Log } from '../runtime/log.js';
import { attemptChannel } from './deltas.js';
import { runChannel } from './run-transaction.js';

export interface RunListener {
  readonly connected: boolean;
  close(): Promise<void>;
}

/** A half-open connection is never reset: a question now and then tells it from a quiet one. */
interface Probe {
  readonly everyMs: number;
  readonly answerMs: number;
}

const reconnectAfterMs = 500;
const farewellMs = 1_000;
const usualProbe: Probe = { everyMs: 10_000, answerMs: 5_000 };

/**
 * Listens on one direct connection for changed runs and for attempts at a turn that begin, and calls
 * `onRun` or `onAttempt` with each run's id. A connection that is lost or no longer answers is made
 * again, and `onGap` says that notifications may have been missed.
 */
export function listenForRuns(options: {
  readonly url: string;
  readonly log: Log;
  readonly onRun: (runId: RunId) => void;
  readonly onAttempt: (runId: RunId) => void;
  readonly onGap: () => void;
  readonly probe?: Probe;
}): RunListener {
  const { url, log, probe = usualProbe } = options;
  let client: Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let isConnected = false;
  let isClosed = false;

  const retry = (): void => {
    isConnected = false;
    if (isClosed || timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      void open();
    }, reconnectAfterMs);
  };
  const open = async (): Promise<void> => {
    const fresh = newClient(url, probe);
    client = fresh;
    // The farewell of an older connection says nothing of this one.
    const isCurrent = (): boolean => client === fresh && !isClosed;
    const lost = (): void => {
      if (isCurrent()) retry();
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    fresh.on('notification', ({ channel, payload }) => {
      const tell = channel === runChannel ? options.onRun : options.onAttempt;
      tell((payload ?? '') as RunId);
    });
    try {
      await fresh.connect();
      await fresh.query(`LISTEN ${runChannel}; LISTEN ${attemptChannel}`);
      isConnected = true;
      options.onGap();
      await untilSilent(fresh, probe, isCurrent);
    } catch {
      log.debug('The listening connection to Postgres is not up');
      lost();
      await fresh.end().catch(() => undefined);
    }
  };
  void open();
  return {
    get connected() {
      return isConnected;
    },
    close: async () => {
      isClosed = true;
      if (timer !== null) clearTimeout(timer);
      // One that is silent takes no farewell.
      await Promise.race([
        client?.end().catch(() => undefined),
        wait(farewellMs, undefined, { ref: false }),
      ]);
    },
  };
}

const newClient = (connectionString: string, { answerMs }: Probe): Client =>
  new Client({
    connectionString,
    keepAlive: true,
    connectionTimeoutMillis: answerMs,
    query_timeout: answerMs,
  });

/** Asks from time to time while the connection is the current one. Rejects when it does not answer. */
async function untilSilent(
  client: Client,
  { everyMs }: Probe,
  isCurrent: () => boolean,
): Promise<void> {
  for (;;) {
    await wait(everyMs, undefined, { ref: false });
    if (!isCurrent()) return;
    await client.query('SELECT 1');
  }
}
