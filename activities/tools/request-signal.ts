/** What ends a request of a tool. */
import type { ToolContext } from '../tool.js';

/** Aborts when the attempt is over or one request has had its time, whichever comes first. */
export const requestSignal = ({ signal, requestTimeoutMs }: ToolContext): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]);
