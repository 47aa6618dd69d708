/** Whether the gateway answers, and whether it wants a key: shown once, above everything. */
import { createStore } from './store.js';

/** When the gateway was first missed; null while it answers. */
export const lostSince = createStore<number | null>(null);

/** True once the gateway has refused to answer without a valid key. */
export const isKeyWanted = createStore(false);

/** True while the reader wants to give a key, though none is needed: to be somebody else. */
export const isKeyOffered = createStore(false);

/** Resolves when the gateway answers; whatever polls is what tries it. */
export const untilAnswering = (): Promise<void> =>
  new Promise((resolve) => {
    if (lostSince.get() === null) return resolve();
    const stop = lostSince.follow((since) => {
      if (since !== null) return;
      stop();
      resolve();
    });
  });
