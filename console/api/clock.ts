/** The gateway's time: what expires is judged by its clock, not by the reader's. */
import { createStore, useStore } from './store.js';

let aheadMs = 0;

/** A Date header has whole seconds, so a small difference says nothing. */
const tellingMs = 2_000;
const tickMs = 1_000;

export const serverNow = (): number => Date.now() + aheadMs;

/** Learns from an answer how far the reader's clock is off. */
export function learnTime(response: Response): void {
  const serverMs = Date.parse(response.headers.get('date') ?? '');
  if (Number.isNaN(serverMs)) return;
  const ahead = serverMs + tickMs / 2 - Date.now();
  aheadMs = Math.abs(ahead) > tellingMs ? ahead : 0;
}

const seconds = createStore(serverNow());
setInterval(() => seconds.set(serverNow()), tickMs);

/** The gateway's time, anew each second. For what counts; nothing that is read aloud by itself. */
export const useNow = (): number => useStore(seconds);
