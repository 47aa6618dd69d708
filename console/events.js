/** Follows the events of a run: each once, in order, resumed by itself from where it stopped. */
import { apiKey, authorization, watchConnection } from './api.js';
import { createSseReader } from './sse.js';
import { eventTypes } from './timeline.js';

/**
 * @typedef {import('../contracts/event.js').EventView} EventView
 * @typedef {(message: { type: string, data: string }) => void} OnMessage
 */

const reopenAfterMs = { first: 500, most: 5_000 };

/** What to listen for: an EventSource hears only what it is told of. */
const types = [...eventTypes, 'message', 'end'];

/**
 * Follows one run until its stream ends. Hidden tabs let go of their connection, of which a
 * browser has six for one host, and resume when they are looked at.
 * @param {string} runId
 * @param {{ onEvents: (events: EventView[]) => void, onLive: (live: boolean) => void,
 *   onEnd: () => void }} listener
 * @returns {{ resume: () => void }} `resume` reads on after the end: a person's word on a parked
 *   effect comes later than that.
 */
export function followRun(runId, listener) {
  let lastSeq = 0;
  let isEnded = false;
  let waitMs = reopenAfterMs.first;
  /** @type {(() => void) | null} */
  let close = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const batch = createBatch(listener.onEvents);

  const stop = () => {
    clearTimeout(timer);
    close?.();
    close = null;
  };
  /** @type {OnMessage} */
  const onMessage = ({ type, data }) => {
    waitMs = reopenAfterMs.first;
    listener.onLive(true);
    if (type === 'end') {
      isEnded = true;
      stop();
      batch.flush();
      return listener.onEnd();
    }
    const event = /** @type {EventView} */ (JSON.parse(data));
    if (event.seq <= lastSeq) return;
    lastSeq = event.seq;
    batch.add(event);
  };
  const open = () => {
    stop();
    if (isEnded || document.hidden) return;
    const path = `/v1/runs/${encodeURIComponent(runId)}/events?after=${lastSeq}`;
    const transport = apiKey() === null ? openEventSource : openFetchStream;
    close = transport(path, { onMessage, onOpen: () => listener.onLive(true), onDown });
  };
  const onDown = () => {
    stop();
    listener.onLive(false);
    timer = setTimeout(open, waitMs);
    waitMs = Math.min(waitMs * 2, reopenAfterMs.most);
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? stop() : open()));
  watchConnection((now, before) => {
    if (now.lostSince === null && before.lostSince !== null) open();
  });
  open();
  return {
    resume: () => {
      isEnded = false;
      open();
    },
  };
}

/**
 * Events that come together are told together, so that a long story is drawn once.
 * @param {(events: EventView[]) => void} onEvents
 */
function createBatch(onEvents) {
  /** @type {EventView[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting;
    waiting = [];
    if (events.length > 0) onEvents(events);
  };
  return {
    flush,
    /** @param {EventView} event */
    add: (event) => {
      waiting.push(event);
      timer ??= setTimeout(flush, 30);
    },
  };
}

/** @typedef {{ onMessage: OnMessage, onOpen: () => void, onDown: () => void }} Transport */

/** @type {(path: string, transport: Transport) => () => void} */
function openEventSource(path, { onMessage, onOpen, onDown }) {
  const source = new EventSource(path);
  source.addEventListener('open', onOpen);
  // On a broken connection it would resume by itself, on an answer like 503 it gives up: one way
  // for both is to open it again after the last event seen.
  source.addEventListener('error', onDown);
  for (const type of types) {
    source.addEventListener(type, (event) => onMessage({ type, data: event.data }));
  }
  return () => source.close();
}

/** An EventSource can't send a key. @type {(path: string, transport: Transport) => () => void} */
function openFetchStream(path, { onMessage, onOpen, onDown }) {
  const abort = new AbortController();
  const read = async () => {
    const headers = { accept: 'text/event-stream', ...authorization() };
    const response = await fetch(path, { headers, cache: 'no-store', signal: abort.signal });
    if (!response.ok || response.body === null) throw new Error(`status ${response.status}`);
    onOpen();
    const take = createSseReader((message) => {
      if (!abort.signal.aborted) onMessage(message);
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  };
  const down = () => {
    if (!abort.signal.aborted) onDown();
  };
  read().then(down, down);
  return () => abort.abort();
}
