/** The transcript of a run: rows that are only ever added, each a link of a chain of hashes (P8). */
import { chainHash, sha256Hex } from '../runtime/digest.js';
import type { RunAddress, RunTransaction, Sql } from './run-transaction.js';

export interface StoredMessage {
  readonly seq: number;
  readonly role: 'user' | 'assistant';
  /** JSON text, byte for byte as it was sent or received. */
  readonly content: string;
}

/** A row with its link; the last one that the epoch covers comes first, where there is an epoch. */
export interface LinkedRow extends StoredMessage {
  readonly turn: number;
  readonly chainHash: string;
  /** The last row that is not sent any more; null before the first compaction. */
  readonly coversSeq: number | null;
}

/**
 * What is there when turn `turn` is made, from the last row that is covered on. Of that turn's own
 * rows only those of a compaction: the others are there once it is committed.
 */
export const transcriptSql = ({ tenantId, runId }: RunAddress, turn: number): Sql => [
  `WITH latest AS (
     SELECT max(covers_seq) AS "coversSeq" FROM epoch
     WHERE tenant_id = $1 AND run_id = $2 AND turn <= $3)
   SELECT seq, turn, role, content, chain_hash AS "chainHash", "coversSeq" FROM message, latest
   WHERE tenant_id = $1 AND run_id = $2 AND seq >= coalesce("coversSeq", 0)
     AND (turn < $3 OR seq <= "coversSeq" + 1)
   ORDER BY seq`,
  tenantId,
  runId,
  turn,
];

export interface Transcript {
  readonly messages: readonly (StoredMessage & { readonly turn: number })[];
  /** The first row that does not fit its chain; null where all of them do. */
  readonly brokenAt: number | null;
}

/** Reads rows of {@link transcriptSql} and holds each against the hash before it. */
export function readTranscript({ runId }: RunAddress, rows: readonly LinkedRow[]): Transcript {
  const isCovered = (row: LinkedRow): boolean => row.seq === row.coversSeq;
  const sent = rows.filter((row) => !isCovered(row));
  let previous: string = rows.find(isCovered)?.chainHash ?? runId;
  let seq = (sent[0]?.coversSeq ?? 0) + 1;
  for (const row of sent) {
    const expected = chainHash(previous, row.role, row.content);
    if (row.seq !== seq || row.chainHash !== expected) return { messages: sent, brokenAt: row.seq };
    previous = expected;
    seq += 1;
  }
  return { messages: sent, brokenAt: null };
}

/** The last link of a run; undefined before the first. */
export interface LastLink {
  readonly seq: number;
  readonly chainHash: string;
}

/** The read of a {@link LastLink}. */
export const lastLinkSql = ({ tenantId, runId }: RunAddress): Sql => [
  `SELECT seq, chain_hash AS "chainHash" FROM message
   WHERE tenant_id = $1 AND run_id = $2 ORDER BY seq DESC LIMIT 1`,
  tenantId,
  runId,
];

/** Says whether messages go on where the transcript ends. */
export const isNext = (last: LastLink | undefined, messages: readonly StoredMessage[]): boolean =>
  messages[0] === undefined || messages[0].seq === (last?.seq ?? 0) + 1;

/** Adds messages to the transcript. They must be next. */
export function appendMessages(
  { run, now, write }: RunTransaction,
  last: LastLink | undefined,
  turn: number,
  messages: readonly StoredMessage[],
): void {
  let previous: string = last?.chainHash ?? run.id;
  for (const { seq, role, content } of messages) {
    previous = chainHash(previous, role, content);
    write(
      `INSERT INTO message (tenant_id, run_id, seq, turn, role, content, sha256, chain_hash,
         committed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      run.tenantId,
      run.id,
      seq,
      turn,
      role,
      content,
      sha256Hex(content),
      previous,
      now,
    );
  }
}
