/** The times of stub calls, by the machine's monotonic clock: comparable between processes. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

export type CallKind = 'model' | 'tool';

export interface JournalEntry {
  readonly kind: CallKind;
  readonly runId: string;
  readonly turn: number;
  /** When the call began, in milliseconds of {@link monotonicMs}. */
  readonly atMs: number;
}

/** The machine's monotonic clock, in milliseconds. */
export const monotonicMs = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;

/** Opens a journal for one writer. What it noted survives its kill. */
export function openJournal(file: string): (kind: CallKind, runId: string, turn: number) => void {
  const descriptor = openSync(file, 'a');
  return (kind, runId, turn) => {
    writeSync(descriptor, `${kind} ${runId} ${turn} ${monotonicMs()}\n`);
  };
}

/** Reads a journal that others write. Each look reads only what is new. */
export function followJournal(file: string): () => readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  let position = 0;
  return () => {
    const fresh = readFrom(file, position);
    const end = fresh.lastIndexOf('\n') + 1;
    position += end;
    if (end > 0)
      entries.push(
        ...fresh
          .slice(0, end - 1)
          .split('\n')
          .map(entryOf),
      );
    return entries;
  };
}

function entryOf(line: string): JournalEntry {
  const [kind, runId = '', turn, atMs] = line.split(' ');
  return { kind: kind as CallKind, runId, turn: Number(turn), atMs: Number(atMs) };
}

/** What stands in the file after so many bytes, which are characters here. */
function readFrom(file: string, position: number): string {
  const descriptor = openSync(file, 'a+');
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size - position);
    readSync(descriptor, bytes, 0, bytes.length, position);
    return bytes.toString('latin1');
  } finally {
    closeSync(descriptor);
  }
}
