/** Times: the exact one on hovering, and text that counts with the clock. */
import { serverNow, useNow } from '../api/clock.js';
import { clockWords } from '../words/times.js';

/** A point of time, as a reader's clock shows it. */
export const Clock = ({ at }: { readonly at: string }) => (
  <time dateTime={at} title={at}>
    {clockWords(at, serverNow())}
  </time>
);

/** Text that changes with time. It stands outside every live region: nothing reads it by itself. */
export const Ticking = ({ text }: { readonly text: (nowMs: number) => string }) => (
  <span>{text(useNow())}</span>
);
