/** The times of stub calls, by the machine's monotonic clock: comparable between processes. */
import { openSync, readFileSync, writeSync } from 'node:fs';

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

/** Everything noted so far, oldest first. */
export function readJournal(file: string): readonly JournalEntry[] {
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => {
    const [kind, runId = '', turn, atMs] = line.split(' ');
    return { kind: kind as CallKind, runId, turn: Number(turn), atMs: Number(atMs) };
  });
}
