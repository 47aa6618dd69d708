import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cutResult } from '../../activities/cut-result.js';
import { createReadResult } from '../../activities/tools/read-result.js';
import type { CallId } from '../../contracts/ids.js';
import { toolResultBytes } from '../../contracts/limits.js';
import { toolContext } from '../support/tool-context.js';

const callId = 'call_1' as CallId;
const unit = fc.constantFrom('a', '"', '\\', '\u0001', 'é', '字', '🙂', '\n');
const long = fc
  .tuple(fc.array(unit, { minLength: 1, maxLength: 12 }), fc.integer({ min: 1, max: 60_000 }))
  .map(([units, times]) => units.join('').repeat(times).slice(0, 200_000));

/** Reads a result to its end, as a model does. */
async function readWhole(kept: string): Promise<string> {
  const characters = [...kept];
  const tool = createReadResult({
    read: async (_run, _call, offset, count) => ({
      text: characters.slice(offset, offset + count).join(''),
      characters: characters.length,
    }),
  });
  let whole = '';
  for (let offset: number | undefined = 0; offset !== undefined;) {
    const page = await tool.run({ call: callId, offset }, toolContext());
    if (page.kind !== 'done') throw new Error('A page is missing');
    expect(Buffer.byteLength(JSON.stringify(page.result))).toBeLessThanOrEqual(toolResultBytes);
    const { text, nextOffset } = page.result as { text: string; nextOffset?: number };
    whole += text;
    offset = nextOffset;
  }
  return whole;
}

describe('a result', () => {
  it('always fits, is whole or names both ends, and no character of it is halved', () => {
    fc.assert(
      fc.property(long, (text) => {
        const { result, kept } = cutResult({ text }, callId);
        expect(Buffer.byteLength(result)).toBeLessThanOrEqual(toolResultBytes);
        if (kept === undefined) return expect(JSON.parse(result)).toEqual({ text });
        const ends = JSON.parse(result) as { beginning: string; end: string };
        expect(kept).toBe(JSON.stringify({ text }));
        expect(kept.startsWith(ends.beginning)).toBe(true);
        expect(kept.endsWith(ends.end)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('that was cut can be read to its end, page by page', async () => {
    await fc.assert(
      fc.asyncProperty(long, async (text) => {
        const { kept } = cutResult({ text }, callId);
        if (kept !== undefined) expect(await readWhole(kept)).toBe(kept);
      }),
      { numRuns: 20 },
    );
  });

  it('tells of no way to read on where the agent has none', () => {
    const { result, kept } = cutResult('x'.repeat(toolResultBytes), null);
    expect(result).not.toContain('read_result');
    expect(kept).toBeUndefined();
  });
});
