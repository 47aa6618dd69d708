/** Ends a stream that has gone silent: raw bytes count, because the SDK swallows pings. */
import type { Middleware } from '@anthropic-ai/sdk';

export interface IdleWatchdog {
  /** Watches the body of the response that passes through it. */
  readonly middleware: Middleware;
  /** Stops watching. To be called when the answer is over, however it ended. */
  stop(): void;
}

/**
 * A watchdog for one request, which starts with the response's headers and calls `onIdle` when
 * nothing arrived for the idle time.
 */
export function createIdleWatchdog(idleTimeoutMs: number, onIdle: () => void): IdleWatchdog {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const rearm = () => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(onIdle, idleTimeoutMs);
  };
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    async middleware(request, next) {
      const response = await next(request);
      if (response.body === null) return response;
      rearm();
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
  };
}
