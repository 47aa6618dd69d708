/** Answers that are no turn: what they cost is kept, and a switch to the next model with it. */
import type { FailureCode } from '../contracts/failure.js';
import type { Database } from './database.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

/** An answer that was paid for. */
export interface UnusedAnswer {
  readonly provider: string;
  /** As the answer named it. */
  readonly model: string;
  readonly requestId: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly costMicrosUsd: number | null;
  readonly costEstimated: boolean;
  readonly priceVersion: string | null;
}

export interface MissedAnswer {
  readonly turn: number;
  readonly attempt: number;
  readonly code: FailureCode;
  /** Null where nothing was billed. */
  readonly answer: UnusedAnswer | null;
  /** The link that the run goes on with, where it leaves its model. */
  readonly switchTo: {
    readonly position: number;
    readonly from: string;
    readonly to: string;
  } | null;
}

/**
 * Records that an answer is of no use: what it cost counts for the run, and a switch holds from here
 * on. A run that has moved on further by then keeps its place.
 */
export async function noteMissedAnswer(
  database: Database,
  address: RunAddress,
  missed: MissedAnswer,
): Promise<void> {
  if (missed.answer === null && missed.switchTo === null) return;
  await inRun(database, address, [], (transaction) => {
    if (missed.answer !== null) bill(transaction, missed, missed.answer);
    if (missed.switchTo !== null) moveOn(transaction, missed, missed.switchTo);
  });
}

function bill(
  { run, now, write }: RunTransaction,
  { turn, attempt, code }: MissedAnswer,
  answer: UnusedAnswer,
): void {
  write(
    `INSERT INTO unused_answer (tenant_id, run_id, turn, attempt, code, provider, model, request_id,
       input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_micros_usd,
       cost_estimated, price_version, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    run.tenantId,
    run.id,
    turn,
    attempt,
    code,
    answer.provider,
    answer.model,
    answer.requestId,
    answer.inputTokens,
    answer.outputTokens,
    answer.cacheReadTokens,
    answer.cacheWriteTokens,
    answer.costMicrosUsd,
    answer.costEstimated,
    answer.priceVersion,
    now,
  );
  write(
    `UPDATE run SET input_tokens = input_tokens + $3, output_tokens = output_tokens + $4,
       cache_read_tokens = cache_read_tokens + $5, cost_micros_usd = cost_micros_usd + $6,
       cost_estimated = cost_estimated OR $7
     WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    run.id,
    answer.inputTokens,
    answer.outputTokens,
    answer.cacheReadTokens,
    answer.costMicrosUsd ?? 0,
    answer.costEstimated,
  );
}

function moveOn(
  { run, write, append }: RunTransaction,
  { turn, code }: MissedAnswer,
  { position, from, to }: NonNullable<MissedAnswer['switchTo']>,
): void {
  if (run.ended !== null) return;
  write(
    'UPDATE run SET model_position = greatest(model_position, $3) WHERE tenant_id = $1 AND id = $2',
    run.tenantId,
    run.id,
    position,
  );
  const data = { turn, from, to, code };
  append({ type: 'model-switched', key: `model-switched:${position}`, data });
}
