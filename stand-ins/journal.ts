/** A journal: what a stand-in did, as JSON lines in one file that outlives its process. */
import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync } from 'node:fs';
import { readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** An append-only list of entries, held in memory and on disk. */
export interface Journal<Entry> {
  /** Everything appended so far, oldest first, that of earlier processes included. */
  entries(): readonly Entry[];
  /** Returns once the entry is on disk. Throws the file system's error when it can't be. */
  append(entry: Entry): void;
  /** Closes the file. Appending afterwards throws. */
  close(): void;
}

const newline = 0x0a;

/**
 * Opens the journal in the file `path`, made with its folder where it is missing, for its owner
 * alone: it may hold customers' mail.
 * A last line torn by a kill is cut off: it was never acknowledged. Any other line that is not
 * JSON throws a SyntaxError, because then the file is not ours to write to.
 */
export function openJournal<Entry>(path: string): Journal<Entry> {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, 'a+', 0o600);
  const bytes = readFileSync(file);
  const wholeLength = bytes.lastIndexOf(newline) + 1;
  if (wholeLength < bytes.length) ftruncateSync(file, wholeLength);
  const entries = parseLines<Entry>(bytes.toString('utf8', 0, wholeLength));
  let sizeBytes = wholeLength;
  let isClosed = false;
  return {
    entries: () => entries,
    append(entry) {
      // The number of a closed file is soon another file's, or a socket's.
      if (isClosed) throw new Error('The journal is closed');
      const text = JSON.stringify(entry);
      const line = Buffer.from(`${text}\n`);
      try {
        writeWhole(file, line);
        fsyncSync(file);
      } catch (error) {
        // A full disk takes half a line: cut off here, it can't end up in the middle.
        ftruncateSync(file, sizeBytes);
        throw error;
      }
      sizeBytes += line.length;
      entries.push(JSON.parse(text) as Entry);
    },
    close() {
      isClosed = true;
      closeSync(file);
    },
  };
}

const parseLines = <Entry>(text: string): Entry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Entry);

function writeWhole(file: number, bytes: Buffer): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(file, bytes, written);
  }
}
