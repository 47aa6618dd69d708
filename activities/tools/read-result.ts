/** `read_result`: reads on in a result of which the model was shown only the ends. Every agent has it. */
import { z } from 'zod';
import { keptResultBytes, resultPageCharacters, toolResultBytes } from '../../contracts/limits.js';
import type { CallId } from '../../contracts/ids.js';
import { readResultName } from '../cut-result.js';
import type { PlainTool } from '../tool.js';
import type { KeptResults } from './kept-results.js';

const args = z.strictObject({
  call: z
    .string()
    .min(1)
    .max(64)
    .describe('The call whose result was cut, as the result names it.'),
  offset: z.int().min(0).max(keptResultBytes).describe('Characters of the result to skip.'),
});
type Args = z.infer<typeof args>;

/** Room for what is said beside the text of a page. */
const headBytes = 512;

/** Builds the tool. It reads results of its own run and nothing else. */
export const createReadResult = (results: KeptResults): PlainTool<Args> => ({
  name: readResultName,
  description:
    'Reads on in the result of an earlier call that was too long to be shown at once. Such a result ' +
    'says truncated: true and names its call and the offset to go on from.',
  args,
  effect: 'read',
  retryPolicy: 'database',
  summary: ({ offset }) => `read on in a result, from character ${offset}`,
  async run({ call, offset }, { tenantId, runId }) {
    const address = { tenantId, runId };
    const kept = await results.read(address, call as CallId, offset, resultPageCharacters);
    if (kept === null) {
      const message = `There is no result of ${call} to read on in: it was shown whole, or is not of this run.`;
      return { kind: 'refused', message };
    }
    const text = fitting(kept.text);
    const next = offset + [...text].length;
    const more = next < kept.characters ? { nextOffset: next } : {};
    const result = { call, offset, characters: kept.characters, text, ...more };
    return { kind: 'done', result, externalRef: null };
  },
});

/** The beginning of a text that fits a result once it is escaped. */
function fitting(text: string): string {
  const characters = [...text];
  while (Buffer.byteLength(JSON.stringify(characters.join(''))) > toolResultBytes - headBytes) {
    characters.length = Math.floor(characters.length * 0.8);
  }
  return characters.join('');
}
