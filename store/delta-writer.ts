/**
 * Writes the text of turns under way, for all activities of a worker on one connection of its own.
 * Nobody waits for it, and nothing but what is shown depends on it: what Postgres does not take is
 * kept within a bound and sent later, or not at all.
 */
import type { Pool } from 'pg';
import { deltaCharacters, liveCharacters } from '../contracts/limits.js';
import { errorFields, type Log } from '../runtime/log.js';
import { storableText } from '../runtime/text.js';
import { openPool, sessionSettings } from './database.js';
import { closeAttempt, openAttempt, writeDeltas, type AttemptAddress } from './deltas.js';
import type { RunAddress } from './run-transaction.js';

/** Text that came after the last piece waits at most this long. */
const batchMs = 250;
/** An attempt that writes nothing says that it lives this often; well within `lostAfterMs`. */
const beatMs = 2_000;
const retryMs = 500;

/** The text of one attempt. No method waits or throws. */
export interface AttemptText {
  /** More text, to be put after what came before. */
  add(text: string): void;
  /** The turn is committed, or the attempt was in vain: its text is void. */
  close(): void;
}

export interface DeltaWriter {
  /** Begins an attempt at a turn, which the engine counts as its attempt `engineAttempt`. */
  open(address: RunAddress, turn: number, engineAttempt: number): AttemptText;
  /** Closes what is open, once, and disconnects. */
  close(): Promise<void>;
}

interface Stream {
  readonly address: RunAddress;
  readonly turn: number;
  readonly engineAttempt: number;
  /** Null until Postgres has opened it. */
  attempt: AttemptAddress | null;
  /** The piece that Postgres has not confirmed: sent again as it is, it is written once. */
  piece: { readonly seq: number; readonly text: string } | null;
  waiting: string;
  /** Characters so far. Beyond the bound there is no more, so that what is shown has no gap. */
  characters: number;
  lastSeq: number;
  writtenAtMs: number;
  isClosed: boolean;
}

/** Makes a writer. Nothing connects before the first attempt. */
export function createDeltaWriter({ url, log }: { url: string; log: Log }): DeltaWriter {
  const settings = { ...sessionSettings, synchronous_commit: 'off' };
  const pool = openPool({ url, poolSize: 1, log, name: 'belay-deltas' }, settings);
  const streams = new Set<Stream>();
  const round = createRound(pool, streams);
  let timer: NodeJS.Timeout | undefined;
  let timerAtMs = Infinity;
  let notBeforeMs = 0;
  let writing: Promise<void> | null = null;

  const work = (): void => {
    timerAtMs = Infinity;
    writing = round()
      .catch((error: unknown) => {
        log.debug('Text could not be written', errorFields(error));
        notBeforeMs = performance.now() + retryMs;
      })
      .then(() => {
        writing = null;
        wakeAt(Math.min(Infinity, ...[...streams].map(dueAtMs)));
      });
  };
  const wakeAt = (dueMs: number): void => {
    const atMs = Math.max(notBeforeMs, dueMs);
    // For every piece of every model this is the way out: it costs next to nothing.
    if (writing !== null || atMs >= timerAtMs) return;
    clearTimeout(timer);
    timerAtMs = atMs;
    timer = setTimeout(work, Math.max(0, atMs - performance.now()));
  };
  return {
    open: (address, turn, engineAttempt) => {
      const stream = newStream(address, turn, engineAttempt);
      streams.add(stream);
      wakeAt(0);
      return {
        add: (text) => {
          const room = liveCharacters - stream.characters;
          stream.characters += text.length;
          if (room <= 0 || !streams.has(stream)) return;
          stream.waiting += text.slice(0, room);
          wakeAt(dueAtMs(stream));
        },
        close: () => {
          stream.isClosed = true;
          if (streams.has(stream)) wakeAt(0);
        },
      };
    },
    close: async () => {
      await writing;
      clearTimeout(timer);
      for (const stream of streams) stream.isClosed = true;
      await round().catch(() => undefined);
      streams.clear();
      await pool.end();
    },
  };
}

/** One round: what is new is opened, what is over is closed, what has come is written. */
function createRound(pool: Pool, streams: Set<Stream>): () => Promise<void> {
  const open = async (stream: Stream): Promise<void> => {
    const { address, turn, engineAttempt } = stream;
    stream.attempt = await openAttempt(pool, address, turn, engineAttempt);
    stream.writtenAtMs = performance.now();
    if (stream.attempt === null) streams.delete(stream);
  };
  const close = async (stream: Stream): Promise<void> => {
    if (stream.attempt !== null) await closeAttempt(pool, stream.attempt);
    streams.delete(stream);
  };
  const write = async (due: readonly Stream[]): Promise<void> => {
    const deltas = due.flatMap((stream) => {
      if (stream.attempt === null) return [];
      stream.piece ??= takePiece(stream);
      return [{ ...stream.attempt, ...stream.piece }];
    });
    if (deltas.length === 0) return;
    const alive = new Set((await writeDeltas(pool, deltas)).map(nameOf));
    for (const stream of due) {
      stream.writtenAtMs = performance.now();
      stream.piece = null;
      // Another attempt is open, or none: of this one nothing will be shown any more.
      if (stream.attempt !== null && !alive.has(nameOf(stream.attempt))) streams.delete(stream);
    }
  };
  return async () => {
    // Before any is closed: what is begun again takes the next number, not the same.
    for (const stream of streams) {
      if (stream.attempt === null && !stream.isClosed) await open(stream);
    }
    for (const stream of streams) {
      if (stream.isClosed) await close(stream);
    }
    await write([...streams].filter(hasNews));
  };
}

const newStream = (address: RunAddress, turn: number, engineAttempt: number): Stream => ({
  address,
  turn,
  engineAttempt,
  attempt: null,
  piece: null,
  waiting: '',
  characters: 0,
  lastSeq: 0,
  writtenAtMs: -Infinity,
  isClosed: false,
});

const nameOf = ({ tenantId, runId, turn, attempt }: AttemptAddress): string =>
  `${tenantId} ${runId} ${turn} ${attempt}`;

/** Takes what waits, but no half of a surrogate pair at its end: the other half may follow. */
function takePiece(stream: Stream): { seq: number; text: string } {
  const text = stream.waiting.replace(/[\uD800-\uDBFF]$/, '');
  stream.waiting = stream.waiting.slice(text.length);
  if (text !== '') stream.lastSeq += 1;
  return { seq: stream.lastSeq, text: storableText(text) };
}

const hasNews = ({ piece, waiting, writtenAtMs }: Stream): boolean =>
  piece !== null || waiting !== '' || performance.now() - writtenAtMs >= beatMs;

/** When it has something to say: the first text at once, more of it a little later. */
function dueAtMs({ attempt, piece, waiting, lastSeq, writtenAtMs, isClosed }: Stream): number {
  if (attempt === null || isClosed || piece !== null) return 0;
  if (waiting === '') return writtenAtMs + beatMs;
  const isFirst = lastSeq === 0 && waiting.length > 1;
  return isFirst || waiting.length >= deltaCharacters ? 0 : writtenAtMs + batchMs;
}
