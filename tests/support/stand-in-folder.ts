/** A folder for the journals of stand-ins, gone after the tests of the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Makes the folder and returns the path of a journal in it that nobody has used. */
export function journalPaths(): () => string {
  const folder = mkdtempSync(join(tmpdir(), 'belay-stand-in-'));
  let count = 0;
  afterAll(() => rmSync(folder, { recursive: true }));
  return () => join(folder, `journal-${(count += 1)}.jsonl`);
}
