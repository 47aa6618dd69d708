/** Says news to those who listen rather than look. */
import { createStore, useStore } from '../api/store.js';

const news = createStore({ text: '' });
const forgottenAfterMs = 10_000;
let timer: ReturnType<typeof setTimeout> | undefined;

/** Read aloud when the reader has finished what is being read. */
export function announce(text: string): void {
  news.set({ text });
  clearTimeout(timer);
  timer = setTimeout(() => news.set({ text: '' }), forgottenAfterMs);
}

export const Announcer = () => (
  <p id="announcer" class="unseen" role="status" aria-live="polite">
    {useStore(news).text}
  </p>
);
