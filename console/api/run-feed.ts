/**
 * Follows the events of a run: each once, in order, resumed by itself from where it stopped. Beside
 * them comes the text of the turn under way, from gateways that show it.
 */
import type { EventView } from '../../contracts/event.js';
import type { LiveEvent } from '../../contracts/live-event.js';
import { afterEvent, afterLive, isLiveType, type Writing } from '../words/writing.js';
import { lostSince } from './connection.js';
import { authorization } from './key.js';
import { createSseReader, type SseMessage } from './sse.js';

const reopenAfterMs = { first: 500, most: 5_000 };
/** Events that come together are told together, so that a long story is drawn once. */
const togetherMs = 30;

export interface FeedListener {
  onEvents(events: readonly EventView[]): void;
  /** What is being written now; null while nothing is. */
  onWriting(writing: Writing | null): void;
  onState(state: FeedState): void;
}

export type FeedState = 'connecting' | 'live' | 'lost' | 'over';

export interface Feed {
  /** Reads on after the end: a person's word on a parked effect comes later than that. */
  resume(): void;
  close(): void;
}

/**
 * Follows one run until its stream ends. A hidden tab lets go of its connection, of which a browser
 * has six for one host, and resumes when it is looked at.
 */
export function followRun(runId: string, listener: FeedListener): Feed {
  const { onState } = listener;
  const news = gatherNews(listener);
  let isOver = false;
  let waitMs = reopenAfterMs.first;
  let abort = new AbortController();
  let reopening: ReturnType<typeof setTimeout> | undefined;

  const take = (message: SseMessage): void => {
    waitMs = reopenAfterMs.first;
    if (message.type !== 'end') return news.take(message);
    isOver = true;
    news.end();
    onState('over');
  };
  const stop = (): void => {
    clearTimeout(reopening);
    abort.abort();
  };
  const open = (): void => {
    stop();
    if (isOver || document.hidden) return;
    abort = new AbortController();
    const { signal } = abort;
    const down = (): void => {
      if (signal.aborted || isOver) return;
      onState('lost');
      reopening = setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, reopenAfterMs.most);
    };
    const onOpen = (): void => {
      news.begin();
      onState('live');
    };
    readStream(runId, { after: news.lastSeq(), signal, onOpen, take }).then(down, down);
  };
  const onVisibility = (): void => (document.hidden ? stop() : open());
  document.addEventListener('visibilitychange', onVisibility);
  // The polls of the page find out first that the gateway is back.
  const unfollow = lostSince.follow((since) => {
    if (since === null) open();
  });
  open();
  return {
    resume: () => {
      isOver = false;
      open();
    },
    close: () => {
      document.removeEventListener('visibilitychange', onVisibility);
      unfollow();
      news.stop();
      stop();
    },
  };
}

interface News {
  /** Of the last event that was taken. */
  lastSeq(): number;
  /** A connection begins: what is being written is shown again from its start, or was void meanwhile. */
  begin(): void;
  take(message: SseMessage): void;
  /** There is no more: tells what is untold, now. */
  end(): void;
  stop(): void;
}

/** Takes each event once, and tells together what comes together. */
function gatherNews({ onEvents, onWriting }: FeedListener): News {
  let lastSeq = 0;
  let untold: EventView[] = [];
  let writing: Writing | null = null;
  let toldWriting: Writing | null = null;
  let telling: ReturnType<typeof setTimeout> | undefined;
  const tell = (): void => {
    clearTimeout(telling);
    telling = undefined;
    const events = untold;
    untold = [];
    if (events.length > 0) onEvents(events);
    if (writing !== toldWriting) onWriting((toldWriting = writing));
  };
  const tellSoon = (): void => {
    telling ??= setTimeout(tell, togetherMs);
  };
  return {
    lastSeq: () => lastSeq,
    begin: () => {
      writing = null;
      tellSoon();
    },
    take: ({ type, data }) => {
      if (isLiveType(type)) {
        writing = afterLive(writing, { type, data: JSON.parse(data) } as LiveEvent);
        return tellSoon();
      }
      const event = JSON.parse(data) as EventView;
      if (event.seq <= lastSeq) return;
      lastSeq = event.seq;
      untold.push(event);
      writing = afterEvent(writing, event);
      tellSoon();
    },
    end: () => {
      writing = null;
      tell();
    },
    stop: () => clearTimeout(telling),
  };
}

interface StreamReading {
  readonly after: number;
  readonly signal: AbortSignal;
  readonly onOpen: () => void;
  readonly take: (message: SseMessage) => void;
}

/** One connection, until it ends. By `fetch`, because an EventSource can't send a key. */
async function readStream(
  runId: string,
  { after, signal, onOpen, take }: StreamReading,
): Promise<void> {
  const headers = {
    accept: 'text/event-stream',
    'last-event-id': String(after),
    ...authorization(),
  };
  const path = `/v1/runs/${encodeURIComponent(runId)}/events`;
  const response = await fetch(path, { headers, cache: 'no-store', signal });
  if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
  onOpen();
  const read = createSseReader((message) => {
    if (!signal.aborted) take(message);
  });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    read(value);
  }
}
