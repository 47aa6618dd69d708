/** Looks at the turns under way of those runs that are followed, all in one query, while there are any. */
import { errorFields, type Log } from '../runtime/log.js';
import type { Database } from '../store/database.js';
import { readWriting, type TextCursor, type Writing } from '../store/deltas.js';
import { catchUp, nextText } from './live-text.js';
import type { Follower, Topic } from './topics.js';

/** How often open attempts are looked at. */
const lookMs = 100;
const retryMs = 1_000;

export interface LiveWatch {
  /** Looks at a run soon, and goes on for as long as it has an open attempt and readers. */
  wake(topic: Topic): void;
  close(): void;
}

/** A topic that is looked at, with those who followed it before the look began. */
interface Looked {
  readonly topic: Topic;
  readonly followers: readonly Follower[];
}

/** Makes a watch. It asks nothing while no run that is followed has an open attempt. */
export function createLiveWatch(database: Database, log: Log): LiveWatch {
  let watched = new Set<Topic>();
  let timer: NodeJS.Timeout | undefined;
  let isLooking = false;
  let isClosed = false;
  let lookedAtMs = -Infinity;

  const schedule = (): void => {
    if (timer !== undefined || isLooking || isClosed || watched.size === 0) return;
    timer = setTimeout(() => void look(), Math.max(0, lookedAtMs + lookMs - performance.now()));
  };
  const look = async (): Promise<void> => {
    timer = undefined;
    isLooking = true;
    lookedAtMs = performance.now();
    const looked = [...watched].flatMap((topic): Looked[] =>
      topic.followers.size === 0 ? [] : [{ topic, followers: [...topic.followers] }],
    );
    watched = new Set();
    try {
      for (const topic of await lookAt(database, looked)) watched.add(topic);
    } catch (error) {
      log.debug('The text of turns under way could not be read', errorFields(error));
      lookedAtMs = performance.now() + retryMs;
      for (const { topic } of looked) watched.add(topic);
    } finally {
      isLooking = false;
      schedule();
    }
  };
  return {
    wake: (topic) => {
      watched.add(topic);
      schedule();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Looks once and tells the readers. Returns the topics that are worth another look. */
async function lookAt(database: Database, looked: readonly Looked[]): Promise<readonly Topic[]> {
  if (looked.length === 0) return [];
  const writings = await readWriting(
    database,
    looked.map(({ topic }) => cursorOf(topic)),
  );
  const found = new Map(writings.map((writing) => [writing.runId, writing]));
  return looked.flatMap(({ topic, followers }) => {
    const writing = found.get(topic.address.runId);
    if (writing === undefined) return [];
    topic.live = nextText(topic.live, writing);
    // One who came since may know of a commit that this look did not see.
    for (const follower of followers) {
      if (topic.followers.has(follower)) show(follower, topic, writing);
    }
    return topic.live === null ? [] : [topic];
  });
}

const cursorOf = ({ address, live }: Topic): TextCursor => ({
  ...address,
  turn: live?.turn ?? 0,
  attempt: live?.attempt ?? 0,
  seq: live?.seq ?? 0,
});

function show(follower: Follower, { live }: Topic, writing: Writing): void {
  if (follower.isFull || follower.isOver) return;
  const { events, shown } = catchUp(writing, live, follower);
  for (const event of events) {
    if (!follower.reader.show(event)) follower.isFull = true;
  }
  follower.shown = shown;
}
