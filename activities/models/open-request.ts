/** One request to a model while it is under way: what may break it off, and what did. */
import type { ModelContext } from './model.js';

/** Why we broke a request off ourselves, or null when we did not. */
export type BrokenOff = 'cancelled' | 'stalled' | 'timed-out' | null;

export interface OpenRequest {
  /** To be given to whatever makes the request. */
  readonly signal: AbortSignal;
  brokenOff(): BrokenOff;
  /** Watches the body of the response: raw bytes count, because clients swallow pings. */
  watch(response: Response): Response;
  /** To be called when the answer is over, however it ended. */
  close(): void;
}

/**
 * Opens a request: it is broken off when the activity is, when no headers come in time, and when
 * nothing arrives for the idle time after them.
 */
export function openRequest(
  context: ModelContext,
  { requestTimeoutMs, idleTimeoutMs }: { requestTimeoutMs: number; idleTimeoutMs: number },
): OpenRequest {
  const controller = new AbortController();
  let why: BrokenOff = null;
  const breakOff = (reason: BrokenOff) => {
    why ??= reason;
    controller.abort();
  };
  const cancel = () => breakOff('cancelled');
  context.signal.addEventListener('abort', cancel, { once: true });
  if (context.signal.aborted) cancel();
  let isOpen = true;
  let timer = setTimeout(() => breakOff('timed-out'), requestTimeoutMs);
  const rearm = () => {
    clearTimeout(timer);
    if (isOpen) timer = setTimeout(() => breakOff('stalled'), idleTimeoutMs);
  };
  return {
    signal: controller.signal,
    brokenOff: () => why,
    watch(response) {
      rearm();
      if (response.body === null) return response;
      const watched = response.body.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform(bytes, sink) {
            rearm();
            sink.enqueue(bytes);
          },
        }),
      );
      return new Response(watched, response);
    },
    close() {
      isOpen = false;
      clearTimeout(timer);
      context.signal.removeEventListener('abort', cancel);
    },
  };
}
