/** Says calmly that the gateway does not answer. It goes by itself. */
import { lostSince } from '../api/connection.js';
import { useStore } from '../api/store.js';
import { clockWords } from '../words/times.js';

export function ConnectionBanner() {
  const since = useStore(lostSince);
  // A time that stands still: this is read aloud, and a counter would be read every second.
  return (
    <div class="banner" role="status">
      {since !== null && (
        <p>
          The gateway does not answer; trying again. What you see is as of{' '}
          {clockWords(new Date(since).toISOString(), Date.now())}, and nothing is lost.
        </p>
      )}
    </div>
  );
}
