/** Temporal's data file is opened by the server version that wrote it: the schema is not migrated. */
import { readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';

export interface Cli {
  readonly path: string;
  readonly version: string;
  readonly serverVersion: string;
}

/**
 * The CLI to open the folder's data file with: the one that was found, or the one that wrote the
 * file where that is another version and still there. Notes the choice for the next time.
 */
export async function sameServerAsBefore(
  found: Cli,
  folder: string,
  log: (line: string) => void,
): Promise<Cli> {
  const note = path.join(folder, 'cli.json');
  const before = existsSync(path.join(folder, 'temporal.db')) ? await readNote(note) : null;
  if (before && before.serverVersion !== found.serverVersion) {
    if (existsSync(before.path)) {
      log(`  · temporal: the data were written by server ${before.serverVersion}: using that one`);
      return before;
    }
    log(
      `! temporal  the data were written by server ${before.serverVersion}, which is gone; ` +
        `${found.serverVersion} opens them. If it fails: npm start -- --fresh`,
    );
  }
  const { path: file, version, serverVersion } = found;
  await writeFile(note, `${JSON.stringify({ path: file, version, serverVersion })}\n`);
  return found;
}

async function readNote(file: string): Promise<Cli | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Cli;
  } catch {
    return null;
  }
}
