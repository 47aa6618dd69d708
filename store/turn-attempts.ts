/** Model calls, written down before the model is asked: what a lost one cost is not forgotten (P11). */
import type { AttemptPurpose, TokenUsage } from '../contracts/usage.js';
import type { FailureCode } from '../contracts/failure.js';
import { invariant } from '../runtime/belay-error.js';
import { errorCode, prepared, type Database } from './database.js';
import { inRun, type RunAddress, type RunTransaction } from './run-transaction.js';

/** What a model call used, and what that cost. */
export interface Bill extends TokenUsage {
  /** Null where the price is not known. */
  readonly costMicrosUsd: number | null;
  readonly isEstimate: boolean;
  /** Which prices the cost is made of; null where it is unknown. */
  readonly priceVersion: string | null;
}

export interface NewAttempt {
  readonly turn: number;
  readonly purpose: AttemptPurpose;
  readonly provider: string;
  readonly model: string;
  /** What it will have cost if nobody hears of it again. */
  readonly expected: Bill;
}

/** A model call that is under way. */
export interface OpenAttempt {
  readonly turn: number;
  readonly attempt: number;
}

/** What became of a model call. */
export interface AttemptEnd {
  readonly outcome: 'committed' | 'failed' | 'superseded';
  readonly code: FailureCode | null;
  readonly model: string;
  readonly requestId: string | null;
  /** Null where nothing was billed. */
  readonly bill: Bill | null;
  /** Its usage is counted for the run by whoever commits what it gave. */
  readonly isCounted?: true;
}

const nothingBilled: Bill = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costMicrosUsd: 0,
  isEstimate: false,
  priceVersion: null,
};

/** Writes a model call down, in one statement and without the run's lock. */
export async function openAttempt(
  database: Database,
  { tenantId, runId }: RunAddress,
  { turn, purpose, provider, model, expected }: NewAttempt,
): Promise<OpenAttempt> {
  const values = [
    tenantId,
    runId,
    turn,
    purpose,
    model,
    expected.inputTokens,
    expected.outputTokens,
    expected.cacheReadTokens,
    expected.cacheWriteTokens,
    expected.costMicrosUsd,
    provider,
    expected.priceVersion,
  ];
  for (let look = 1; ; look += 1) {
    try {
      const { rows } = await database.pool.query<{ attempt: number }>(prepared(openSql, values));
      const [row] = rows;
      invariant(row !== undefined, 'an inserted attempt has a number');
      return { turn, attempt: row.attempt };
    } catch (error) {
      // Another attempt at the same turn took the number: the next look sees it.
      if (errorCode(error) !== '23505' || look >= looks) throw error;
    }
  }
}

const looks = 5;
const openSql = `
  INSERT INTO turn_attempt (tenant_id, run_id, turn, attempt, purpose, model, input_tokens,
    output_tokens, cache_read_tokens, cache_write_tokens, cost_micros_usd, provider, price_version)
  SELECT $1, $2, $3, coalesce(max(attempt), 0) + 1, $4, $5, $6::int, $7::int, $8::int, $9::int,
    $10::bigint, $11, $12
  FROM turn_attempt WHERE tenant_id = $1 AND run_id = $2 AND turn = $3
  RETURNING attempt`;

/** The link of its chain that a run goes on with. */
export interface ModelSwitch {
  readonly position: number;
  readonly from: string;
  readonly to: string;
  readonly code: FailureCode;
}

/**
 * Writes down that a model call came to nothing, counts what it cost, and moves the run on to the next
 * link of its chain where that follows. A run that has moved on further by then keeps its place.
 */
export async function failAttempt(
  database: Database,
  address: RunAddress,
  open: OpenAttempt,
  end: AttemptEnd,
  switchTo: ModelSwitch | null = null,
): Promise<void> {
  await inRun(database, address, [], (transaction) => {
    endAttempt(transaction, open, end);
    if (switchTo !== null) moveOn(transaction, open.turn, switchTo);
  });
}

function moveOn(
  { run, write, append }: RunTransaction,
  turn: number,
  { position, from, to, code }: ModelSwitch,
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

/**
 * Ends a model call and counts it. For one that had been given up, what the provider said takes the
 * place of what was reckoned.
 */
export function endAttempt(
  { run, now, writeAny }: RunTransaction,
  { turn, attempt }: OpenAttempt,
  { outcome, code, model, requestId, bill, isCounted }: AttemptEnd,
): void {
  const used = bill ?? nothingBilled;
  writeAny(
    endSql,
    run.tenantId,
    run.id,
    turn,
    attempt,
    outcome,
    code,
    requestId,
    used.inputTokens,
    used.outputTokens,
    used.cacheReadTokens,
    used.cacheWriteTokens,
    used.costMicrosUsd,
    used.isEstimate,
    now,
    model,
    bill !== null && outcome !== 'committed',
    isCounted !== true,
    used.priceVersion,
  );
}

/** `before` holds what the row had been counted as while it was lost, so that nothing counts twice. */
const endSql = `
  WITH before AS (
    SELECT attempt, (outcome = 'lost')::int AS lost, input_tokens, output_tokens,
      cache_read_tokens, coalesce(cost_micros_usd, 0) AS cost
    FROM turn_attempt WHERE tenant_id = $1 AND run_id = $2 AND turn = $3 AND attempt = $4
      AND outcome IN ('open', 'lost')
  ), ended AS (
    UPDATE turn_attempt SET outcome = $5, failure_code = $6, request_id = $7, input_tokens = $8,
      output_tokens = $9, cache_read_tokens = $10, cache_write_tokens = $11,
      cost_micros_usd = $12, estimated = $13, ended_at = $14, model = $15,
      price_version = $18
    FROM before WHERE tenant_id = $1 AND run_id = $2 AND turn = $3
      AND turn_attempt.attempt = before.attempt
    RETURNING lost, lost * before.input_tokens AS was_input,
      lost * before.output_tokens AS was_output, lost * before.cache_read_tokens AS was_cached,
      lost * cost AS was_cost
  )
  UPDATE run SET
    input_tokens = input_tokens + $17::boolean::int * $8::int - was_input,
    output_tokens = output_tokens + $17::boolean::int * $9::int - was_output,
    cache_read_tokens = cache_read_tokens + $17::boolean::int * $10::int - was_cached,
    cost_micros_usd = cost_micros_usd + $17::boolean::int * coalesce($12::bigint, 0) - was_cost,
    cost_estimated = cost_estimated OR $13::boolean OR $12::bigint IS NULL,
    lost_attempts = lost_attempts + $16::boolean::int - lost,
    lost_cost_micros_usd = lost_cost_micros_usd
      + $16::boolean::int * coalesce($12::bigint, 0) - was_cost
  FROM ended WHERE tenant_id = $1 AND id = $2`;

/**
 * Gives up the model calls of a run that are still open and whose answer can no longer count: of
 * this turn, or of all turns where none is named. They count as what they were expected to cost.
 */
export function giveUpAttempts(
  { run, now, writeAny }: RunTransaction,
  turn: number | null,
  except: OpenAttempt | null,
): void {
  writeAny(giveUpSql, run.tenantId, run.id, turn, except?.attempt ?? 0, now);
}

const giveUpSql = `
  WITH lost AS (
    UPDATE turn_attempt SET outcome = 'lost', ended_at = $5
    WHERE tenant_id = $1 AND run_id = $2 AND outcome = 'open'
      AND turn = coalesce($3::int, turn) AND attempt <> $4
    RETURNING input_tokens, output_tokens, cache_read_tokens, cost_micros_usd
  ), sums AS (
    SELECT count(*) AS attempts, sum(input_tokens) AS more_input,
      sum(output_tokens) AS more_output, sum(cache_read_tokens) AS more_cached,
      coalesce(sum(cost_micros_usd), 0) AS more_cost
    FROM lost
  )
  UPDATE run SET input_tokens = input_tokens + more_input,
    output_tokens = output_tokens + more_output,
    cache_read_tokens = cache_read_tokens + more_cached,
    cost_micros_usd = cost_micros_usd + more_cost, cost_estimated = true,
    lost_attempts = lost_attempts + attempts,
    lost_cost_micros_usd = lost_cost_micros_usd + more_cost
  FROM sums WHERE tenant_id = $1 AND id = $2 AND attempts > 0`;
