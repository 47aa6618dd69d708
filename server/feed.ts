/**
 * The feed: one listening connection for the whole process, whoever follows whatever. A lost
 * notification costs a second at most. Beside the events of a run its readers are shown the turn
 * that is under way, as far as it has been written.
 */
import { openStreams } from '../contracts/limits.js';
import { BelayError } from '../runtime/belay-error.js';
import type { Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { listenForRuns } from '../store/run-listener.js';
import type { RunAddress } from '../store/run-transaction.js';
import { createLiveWatch } from './live-watch.js';
import { createTopics, type Follower, type Reader } from './topics.js';

/** How often all followed runs are looked at, notified or not. */
const sweepMs = 1_000;
/** How often a quiet stream says that it lives. */
const beatMs = 15_000;

export interface Subscription {
  /** There is room again. */
  resume(): void;
  close(): void;
}

export interface Feed {
  /** Whether notifications arrive. */
  readonly isListening: boolean;
  /** Feeds a reader from `after` on. Throws `too-many-streams`. */
  subscribe(address: RunAddress, after: number, reader: Reader): Subscription;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly database: Database;
  readonly listenUrl: string;
  readonly log: Log;
}

/** Opens the feed. It connects by itself, and again after every loss. */
export function createFeed({ database, listenUrl, log }: FeedOptions): Feed {
  const live = createLiveWatch(database, log);
  const topics = createTopics(database, log, live.wake);
  const listener = listenForRuns({
    url: listenUrl,
    log,
    onRun: (runId) => topics.wake(topics.find(runId)),
    onAttempt: (runId) => {
      const topic = topics.find(runId);
      if (topic !== undefined) live.wake(topic);
    },
    onGap: () => void topics.sweep(),
  });
  const sweeping = setInterval(() => void topics.sweep(), sweepMs);
  const beating = setInterval(() => {
    for (const { reader } of topics.followers()) reader.beat();
  }, beatMs);
  return {
    get isListening() {
      return listener.connected;
    },
    subscribe: (address, after, reader) => {
      if (topics.followers().length >= openStreams) {
        throw new BelayError('too-many-streams', { retryAfterSeconds: 5 });
      }
      const follower = newFollower(reader, after);
      const topic = topics.add(address, follower);
      topics.wake(topic);
      live.wake(topic);
      return {
        resume: () => {
          follower.isFull = false;
          topics.wake(topic);
          live.wake(topic);
        },
        close: () => topics.remove(topic, follower),
      };
    },
    close: async () => {
      clearInterval(sweeping);
      clearInterval(beating);
      live.close();
      const open = topics.followers();
      topics.clear();
      for (const { reader } of open) reader.leave();
      await listener.close();
    },
  };
}

const newFollower = (reader: Reader, cursor: number): Follower => ({
  reader,
  cursor,
  isFull: false,
  isOver: false,
  shown: null,
  committed: 0,
});
