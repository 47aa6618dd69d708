/** Every row of `npm run guards`, in the order of the promises. */
import type { Guard } from './guard.js';

export const guards: readonly Guard[] = [];
