/** Compactions: from one on, the model is sent what comes after it. Committed once, nothing is edited. */
import type { CallOutcome } from '../contracts/call.js';
import { invariant } from '../runtime/belay-error.js';
import { prepared, type Database } from './database.js';
import { inRun, type RunAddress, type Sql } from './run-transaction.js';
import {
  appendMessages,
  isNext,
  lastLinkSql,
  type LastLink,
  type StoredMessage,
} from './transcript.js';
import { endAttempt, type AttemptEnd, type OpenAttempt } from './turn-attempts.js';

export interface FreshEpoch {
  /** The turn that goes on from it. */
  readonly turn: number;
  readonly trigger: 'budget' | 'overflow';
  /** What the turn would have been sent anew: it belongs to the part that is covered. */
  readonly covered: readonly StoredMessage[];
  /** What the next part begins with. */
  readonly seed: StoredMessage;
  /** Null where no model could write a summary. */
  readonly summarizedBy: string | null;
  readonly asked: {
    readonly attempt: OpenAttempt;
    readonly end: Omit<AttemptEnd, 'outcome'>;
  } | null;
}

/**
 * Commits a compaction. The first one of a turn wins; none is committed once its turn is, or for a run
 * that stops. Whoever called looks at the transcript again.
 */
export async function commitEpoch(
  database: Database,
  address: RunAddress,
  fresh: FreshEpoch,
): Promise<'committed' | 'overtaken'> {
  const reads = [lastLinkSql(address), lastEpochSql(address)];
  const committed = await inRun(database, address, reads, (transaction, rows) => {
    const { run, now, write, append } = transaction;
    const [[last], [{ epoch: before } = { epoch: 0 }]] = rows as [LastLink[], { epoch: number }[]];
    const messages = [...fresh.covered, fresh.seed];
    const isWanted =
      run.cancelRequestedAt === null &&
      run.ended === null &&
      run.turns === fresh.turn - 1 &&
      isNext(last, messages);
    if (fresh.asked !== null) {
      const outcome = isWanted ? 'committed' : 'superseded';
      endAttempt(transaction, fresh.asked.attempt, { ...fresh.asked.end, outcome });
    }
    if (!isWanted) return 'overtaken';
    appendMessages(transaction, last, fresh.turn, messages);
    const epoch = before + 1;
    const coversTurns = fresh.turn - 1;
    write(
      `INSERT INTO epoch (tenant_id, run_id, epoch, turn, covers_seq, covers_turns, trigger,
         summarized_by, committed_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      run.tenantId,
      run.id,
      epoch,
      fresh.turn,
      fresh.seed.seq - 1,
      coversTurns,
      fresh.trigger,
      fresh.summarizedBy,
      now,
    );
    append({
      type: 'conversation-compacted',
      key: `conversation-compacted:${epoch}`,
      data: {
        epoch,
        turn: fresh.turn,
        coversTurns,
        trigger: fresh.trigger,
        model: fresh.summarizedBy,
        costMicrosUsd: fresh.asked?.end.bill?.costMicrosUsd ?? null,
      },
    });
    return 'committed';
  });
  invariant(committed !== null, 'a turn has a run');
  return committed;
}

const lastEpochSql = ({ tenantId, runId }: RunAddress): Sql => [
  'SELECT epoch FROM epoch WHERE tenant_id = $1 AND run_id = $2 ORDER BY epoch DESC LIMIT 1',
  tenantId,
  runId,
];

/** A call that has its outcome, as it is told to the model. */
export interface DoneCall {
  readonly id: string;
  readonly tool: string;
  /** Canonical JSON. */
  readonly args: string;
  readonly outcome: CallOutcome | null;
  readonly result: string | null;
}

/** The newest calls of a run that were to change something, oldest first, and how many more there are. */
export async function listDoneEffects(
  database: Database,
  { tenantId, runId }: RunAddress,
  limit: number,
): Promise<{ readonly effects: readonly DoneCall[]; readonly more: number }> {
  const values = [tenantId, runId, limit];
  const { rows } = await database.pool.query<DoneCall & { total: number }>(
    prepared(doneEffectsSql, values),
  );
  return { effects: rows.toReversed(), more: (rows[0]?.total ?? 0) - rows.length };
}

const doneEffectsSql = `
  SELECT id, tool, args, outcome, result, count(*) OVER () AS total FROM call
  WHERE tenant_id = $1 AND run_id = $2 AND effect <> 'read' AND state = 'finished'
  ORDER BY seq DESC LIMIT $3`;
