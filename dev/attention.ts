/** Reads along in the children's logs and passes on what a person should see. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const repeatAfterMs = 60_000;
const chunkBytes = 64 * 1024;

/** The level and text of a log line of ours; null for what is not worth attention. */
export function worthAttention(line: string): string | null {
  if (line.startsWith('{')) return fromJson(line);
  const [, level, rest] = /^\S+ +(error|warn) +\S+ +(.*)$/.exec(line) ?? [];
  return level && rest ? `${level}: ${rest}` : null;
}

export interface Attention {
  /** Reads what is new in every log. */
  look(): void;
}

export interface AttentionOptions {
  /** Log files by the name of their process. */
  readonly files: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly now: () => number;
}

/** Follows the files from their present end. The same message is passed on once a minute. */
export function followLogs({ files, log, now }: AttentionOptions): Attention {
  const seen = new Map<string, number>();
  const followed = Object.entries(files).map(([name, file]) => ({ name, read: follow(file) }));
  return {
    look: () => {
      for (const { name, read } of followed) {
        for (const line of read()) {
          const text = worthAttention(line);
          if (text === null) continue;
          // What varies (ids, durations) does not make it another message.
          const key = `${name} ${text.replace(/\S+=\S+/g, '')}`;
          const last = seen.get(key);
          if (last !== undefined && now() - last < repeatAfterMs) continue;
          seen.set(key, now());
          log(`! ${name}  ${text}`);
        }
      }
    },
  };
}

function fromJson(line: string): string | null {
  try {
    const { level, message } = JSON.parse(line) as { level?: unknown; message?: unknown };
    const isLoud = level === 'error' || level === 'warn';
    return isLoud && typeof message === 'string' ? `${level}: ${message}` : null;
  } catch {
    return null;
  }
}

/** A function that gives the lines that were added to the file since it was last called. */
function follow(file: string): () => readonly string[] {
  let position = sizeOf(file);
  let rest = '';
  return () => {
    if (sizeOf(file) < position) position = 0;
    const lines: string[] = [];
    for (let text = readFrom(file, position); text.length > 0; text = readFrom(file, position)) {
      position += text.length;
      const parts = (rest + text.toString('utf8')).split('\n');
      rest = parts.pop() ?? '';
      lines.push(...parts);
    }
    return lines;
  };
}

function readFrom(file: string, position: number): Buffer {
  return withFile(file, Buffer.alloc(0), (descriptor) => {
    const buffer = Buffer.alloc(chunkBytes);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, chunkBytes, position));
  });
}

const sizeOf = (file: string) => withFile(file, 0, (descriptor) => fstatSync(descriptor).size);

function withFile<Result>(
  file: string,
  absent: Result,
  work: (descriptor: number) => Result,
): Result {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch {
    return absent;
  }
  try {
    return work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
