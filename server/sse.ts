/** Server-sent events: one open answer that follows one run to its end. */
import type { EventView } from '../contracts/event.js';
import { streamBufferBytes } from '../contracts/limits.js';
import type { RunHead } from '../store/events.js';
import type { RunAddress } from '../store/run-transaction.js';
import type { Call, GatewayDependencies } from './dependencies.js';
import type { Subscription } from './feed.js';
import type { Reader } from './topics.js';

/** A reader that takes nothing for this long is dropped; it can come back with Last-Event-ID. */
const slowReaderMs = 15_000;
/** How long a browser waits before it connects again. */
const retryMs = 1_000;

/** The frames of the events under way: many readers of one run are given the same ones. */
const frames = new WeakMap<EventView, string>();

function frameOf(event: EventView): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  frames.set(event, frame);
  return frame;
}

/**
 * Streams the events after `after`, and between them what is written of the turn under way; when the run has ended, `event: end` is the last frame. A stream
 * ends too when the key that opened it stops working: whoever connects again is asked for another.
 */
export function openStream(
  { feed, keyWatch }: Pick<GatewayDependencies, 'feed' | 'keyWatch'>,
  { response, principal, keyId }: Call,
  { address, after, head }: { address: RunAddress; after: number; head: RunHead },
): void {
  let subscription: Subscription | null = null;
  let slow: NodeJS.Timeout | undefined;
  const endFrame = `event: end\ndata: ${JSON.stringify({ runId: address.runId })}\n\n`;
  const write = (frame: string): boolean => {
    response.write(frame);
    if (response.writableLength < streamBufferBytes) return true;
    slow ??= setTimeout(() => response.destroy(), slowReaderMs);
    return false;
  };
  const reader: Reader = {
    take: (event) => write(frameOf(event)),
    // Without an id: what a browser remembers stays with the numbered events.
    show: ({ type, data }) => write(`event: ${type}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => void response.end(endFrame),
    leave: () => void response.end(': the gateway stops, connect again\n\n'),
    beat: () => {
      if (slow === undefined) response.write(': still here\n\n');
    },
  };
  // Before the headers: there may be no room for another stream.
  if (!head.ended || after < head.lastEventSeq) {
    subscription = feed.subscribe(address, after, reader);
  }
  const refuse = (): void => void response.end(': this key no longer works\n\n');
  const unwatch = keyId === null ? null : keyWatch.watch(principal.tenantId, keyId, refuse);
  response.on('drain', () => {
    if (slow === undefined) return;
    clearTimeout(slow);
    slow = undefined;
    subscription?.resume();
  });
  // A write to a connection that is just gone: `close` follows.
  response.on('error', () => undefined);
  response.on('close', () => {
    clearTimeout(slow);
    unwatch?.();
    subscription?.close();
  });
  response.status(200).set({
    'Content-Type': 'text/event-stream; charset=utf-8',
    // no-transform: a proxy that compresses would hold events back.
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  });
  response.flushHeaders();
  response.write(`retry: ${retryMs}\n\n`);
  if (subscription === null) reader.end();
}
