/**
 * Temporal's data file is opened by the server version that wrote it, until no run in it is open:
 * the server does not migrate its schema.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { otherServer } from './refusals.js';
import { writeSecret } from './secret-file.js';

export interface Cli {
  readonly path: string;
  readonly version: string;
  readonly serverVersion: string;
}

export interface HistoryFileOptions {
  /** Holds the data file and the note of who wrote it. */
  readonly folder: string;
  /** The CLI that a new file would be begun with. */
  readonly found: Cli;
  /** Gets a CLI with the same server as this one. Rejects when there is none to be had. */
  readonly findSame: (cli: Cli) => Promise<Cli>;
  /** How many open runs the engine holds, by Postgres; null when that is not known. */
  readonly countRuns: () => Promise<number | null>;
  readonly log: (line: string) => void;
}

export interface HistoryFile {
  /** What to open it with. */
  readonly cli: Cli;
  /** Notes that the server has served: from now on there is something to lose. */
  served(): void;
}

/** `served` is false from the making of a file until its server has served once. */
type Note = Cli & { readonly served?: boolean };

const dataFile = 'temporal.db';
const noteFile = 'cli.json';

/** Chooses the CLI for the folder's data file. Throws a refusal, with the file untouched. */
export async function chooseServer(options: HistoryFileOptions): Promise<HistoryFile> {
  const { folder, found, findSame, countRuns, log } = options;
  const before = readNote(folder, log);
  if (before?.served === false && (await countRuns()) === 0) {
    log('  · temporal: an earlier start was cut off while it made the data file: making it anew');
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(folder, dataFile + end), always);
    return noted(folder, found);
  }
  if (before === null || before.serverVersion === found.serverVersion) return noted(folder, found);
  const runs = await countRuns();
  if (runs === 0) {
    const kept = setAside(folder, before);
    log(
      `  · temporal: server ${found.serverVersion} instead of ${before.serverVersion}, and no run ` +
        `is open: a new data file; the old histories are kept in ${kept}`,
    );
    return noted(folder, found);
  }
  const same = await findSame(before).catch(() => null);
  if (same === null) throw otherServer(folder, before, found, runs);
  log(
    `  · temporal: open runs were begun by server ${before.serverVersion}: they go on with ` +
      `${same.path}; ${found.serverVersion} takes over once none is open`,
  );
  return noted(folder, same);
}

const always = { force: true } as const;

function noted(folder: string, { path: file, version, serverVersion }: Cli): HistoryFile {
  const write = (served: boolean) => {
    const note = { path: file, version, serverVersion, served };
    writeSecret(path.join(folder, noteFile), `${JSON.stringify(note)}\n`);
  };
  write(existsSync(path.join(folder, dataFile)));
  return { cli: { path: file, version, serverVersion }, served: () => write(true) };
}

/** Who wrote the data file; null when there is none, or nobody knows. */
function readNote(folder: string, log: (line: string) => void): Note | null {
  if (!existsSync(path.join(folder, dataFile))) return null;
  try {
    const note = JSON.parse(readFileSync(path.join(folder, noteFile), 'utf8')) as Partial<Note>;
    const { path: file, version, serverVersion, served = true } = note;
    if (file && version && serverVersion) return { path: file, version, serverVersion, served };
  } catch {
    // Absent or damaged: the same as one that says nothing.
  }
  log(`! temporal  ${noteFile} does not say which server wrote the data: taking this one for it`);
  return null;
}

/** Moves the whole folder away in one step: the data file never parts from its write-ahead log. */
function setAside(folder: string, { serverVersion }: Cli): string {
  const day = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  const kept = `${folder}-of-server-${serverVersion}-until-${day}`;
  renameSync(folder, kept);
  mkdirSync(folder, { mode: 0o700 });
  return kept;
}
