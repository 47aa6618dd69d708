/** The preview of a call that its tool will refuse as the world is now. */
import type { Preview } from '../../contracts/preview.js';
import type { CallPreview } from '../tool.js';

/** Says so, with the words in which it will be refused; `precondition` as for any preview. */
export const refusedPreview = (
  message: string,
  reversibility: Preview['reversibility'],
  precondition: unknown,
): CallPreview => ({
  preview: { sentence: `It will be refused: ${message}`, changes: [], reversibility, cost: null },
  precondition,
});
