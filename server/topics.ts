/** The runs that are followed: one reading per changed run, and a cursor for each of its readers. */
import { finalEvents, type EventData, type EventType, type EventView } from '../contracts/event.js';
import type { RunId } from '../contracts/ids.js';
import { streamEvents } from '../contracts/limits.js';
import type { LiveEvent } from '../contracts/live-event.js';
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { readEvents, readHeads, type RunHead } from '../store/events.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { LiveText, Shown } from './live-text.js';

/** One reader of one run. Its methods are called in order and never again after `end` or `leave`. */
export interface Reader {
  /** Takes one event; false when no more fits until the reader says so. */
  take(event: EventView): boolean;
  /** Takes something of a turn under way; false as with {@link Reader.take}. */
  show(event: LiveEvent): boolean;
  /** The run has ended and everything was taken. */
  end(): void;
  /** The gateway stops: there may be more, from another one. */
  leave(): void;
  beat(): void;
}

export interface Follower {
  readonly reader: Reader;
  cursor: number;
  isFull: boolean;
  /** It has taken the event that ends the run. */
  isOver: boolean;
  /** What it was shown of a turn under way, until it is told that this is void. */
  shown: Shown | null;
  /** The last turn whose commit it has taken. */
  committed: number;
}

export interface Topic {
  readonly address: RunAddress;
  readonly followers: Set<Follower>;
  isReading: boolean;
  /** Something changed while it was being read. */
  isStale: boolean;
  /** The text of the turn under way, as it was last looked at. */
  live: LiveText | null;
}

export interface Topics {
  find(runId: RunId): Topic | undefined;
  /** Every follower of every run. */
  followers(): Follower[];
  /** Adds a follower to the topic of its run, which is made when it is the first. */
  add(address: RunAddress, follower: Follower): Topic;
  remove(topic: Topic, follower: Follower): void;
  /** Reads a topic forward, now or once more when it is being read. */
  wake(topic: Topic | undefined): void;
  /** Looks at all followed runs in one query and reads those that went on. */
  sweep(): Promise<void>;
  clear(): void;
}

/** Makes an empty set of topics. `onWriting` hears of those that a sweep finds with a turn under way. */
export function createTopics(
  database: Database,
  log: Log,
  onWriting: (topic: Topic) => void,
): Topics {
  const topics = new Map<RunId, Topic>();
  const remove = (topic: Topic, follower: Follower): void => {
    topic.followers.delete(follower);
    const { runId } = topic.address;
    // A later reader of the same run may have made another topic.
    if (topic.followers.size === 0 && topics.get(runId) === topic) topics.delete(runId);
  };
  const finish: Finish = (topic, follower) => {
    remove(topic, follower);
    follower.reader.end();
  };
  const wake = (topic: Topic | undefined): void => {
    if (topic === undefined) return;
    topic.isStale = true;
    if (!topic.isReading) void readWhileStale(database, log, topic, finish);
  };
  return {
    find: (runId) => topics.get(runId),
    followers: () => [...topics.values()].flatMap((topic) => [...topic.followers]),
    add: (address, follower) => {
      const topic = topics.get(address.runId) ?? newTopic(address);
      topics.set(address.runId, topic);
      topic.followers.add(follower);
      return topic;
    },
    remove,
    wake,
    sweep: async () => {
      if (topics.size === 0) return;
      const addresses = [...topics.values()].map((topic) => topic.address);
      const heads = await readHeads(database, addresses).catch(() => []);
      for (const head of heads) {
        const topic = topics.get(head.runId);
        if (topic === undefined) continue;
        if (compare(topic, head, finish)) wake(topic);
        if (head.isWriting) onWriting(topic);
      }
    },
    clear: () => topics.clear(),
  };
}

const newTopic = (address: RunAddress): Topic => ({
  address,
  followers: new Set(),
  isReading: false,
  isStale: false,
  live: null,
});

type Finish = (topic: Topic, follower: Follower) => void;

async function readWhileStale(
  database: Database,
  log: Log,
  topic: Topic,
  finish: Finish,
): Promise<void> {
  topic.isReading = true;
  try {
    while (topic.isStale && topic.followers.size > 0) {
      topic.isStale = false;
      await readForward(database, topic, finish);
    }
  } catch (error) {
    // The next sweep tries again.
    log.debug('The events of a run could not be read', errorFields(error));
  } finally {
    topic.isReading = false;
  }
}

/** Reads from where the furthest behind stands until nobody with room is behind. */
async function readForward(database: Database, topic: Topic, finish: Finish): Promise<void> {
  for (;;) {
    const ready = [...topic.followers].filter((follower) => !follower.isFull);
    if (ready.length === 0) return;
    const after = Math.min(...ready.map((follower) => follower.cursor));
    const events = (await readEvents(database, topic.address, after, streamEvents)) ?? [];
    for (const follower of topic.followers) hand(follower, after, events);
    if (events.length === streamEvents) continue;
    for (const follower of topic.followers) {
      if (follower.isOver && !follower.isFull) finish(topic, follower);
    }
    return;
  }
}

/**
 * Hands over the events after `after`. One who came during the reading and stands before that is
 * served by the next. The event that ends a run need not be its last: a person may still say what
 * became of a parked effect.
 */
function hand(follower: Follower, after: number, events: readonly EventView[]): void {
  if (follower.cursor < after) return;
  for (const event of events) {
    if (follower.isFull) return;
    if (event.seq <= follower.cursor) continue;
    follower.isFull = !follower.reader.take(event);
    follower.cursor = event.seq;
    if (isEnding(event.type)) follower.isOver = true;
    if (event.type === 'turn-committed') noteCommit(follower, event);
  }
}

/** The commit of a turn makes void what was shown of it, and nothing more of it is shown. */
function noteCommit(follower: Follower, { data }: EventView): void {
  const { turn } = data as EventData['turn-committed'];
  follower.committed = Math.max(follower.committed, turn);
  if (follower.shown !== null && follower.shown.turn <= turn) follower.shown = null;
}

const isEnding = (type: EventType): boolean =>
  (Object.values(finalEvents) as readonly EventType[]).includes(type);

/** Ends those who have everything of a run that has ended; says whether someone is behind. */
function compare(topic: Topic, head: RunHead, finish: Finish): boolean {
  let isBehind = false;
  for (const follower of topic.followers) {
    if (follower.cursor < head.lastEventSeq) isBehind = true;
    else if (head.ended) finish(topic, follower);
  }
  return isBehind;
}
