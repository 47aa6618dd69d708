/** Unwinds: runs that undo what another run did. One a run; the ledger says what is left to undo. */
import type { CallOutcome, RetryNote } from '../contracts/call.js';
import type { EffectState } from '../contracts/effect.js';
import type { CallId, EffectKey } from '../contracts/ids.js';
import { canDo } from '../contracts/run.js';
import { BelayError } from '../runtime/belay-error.js';
import { unwindIdOf } from '../runtime/ids.js';
import { prepared, type Database } from './database.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { inRun, type LockedRun, type RunAddress, type Sql } from './run-transaction.js';
import { newRunSql, type NewRun } from './runs.js';

/** Who wants a run undone, and why. */
export interface UnwindRequest {
  readonly by: string;
  readonly reason: string | null;
}

/**
 * Makes the run that undoes another one, with the order to start it. A second request changes
 * nothing, whoever makes it. Throws `not-found`, `run-not-finished`, or `unwind-is-final` for a run
 * that is an unwind itself.
 */
export async function requestUnwind(
  database: Database,
  address: RunAddress,
  request: UnwindRequest,
  key: IdempotencyClaim | null,
): Promise<{ readonly replayed: boolean }> {
  const reads = [unwindOfSql(address), ...keyReads(key)];
  const replayed = await inRun(database, address, reads, (transaction, rows): boolean => {
    const { run, now, write } = transaction;
    const [unwinds, kept] = rows as [unknown[], KeptKeyRow[]];
    if (isReplay(key, kept)) return true;
    if (run.unwinds !== null) throw new BelayError('unwind-is-final');
    if (!canDo('unwind', run.status)) {
      throw new BelayError('run-not-finished', { extra: { currentStatus: run.status } });
    }
    keepKey(transaction, key);
    if (unwinds.length > 0) return false;
    write(...newRunSql(unwindOf(run, request, now)));
    return false;
  });
  if (replayed === null) throw new BelayError('not-found');
  return { replayed };
}

/** It is carried out by what the run was pinned to; who asked for it is the requester of its calls. */
const unwindOf = (run: LockedRun, { by, reason }: UnwindRequest, createdAt: string): NewRun => ({
  createdAt,
  tenantId: run.tenantId,
  runId: unwindIdOf(run.id),
  agent: run.agent,
  agentVersion: run.agentVersion,
  input: { unwinds: run.id, reason },
  requestedBy: by,
  tags: [],
  budget: null,
  unwinds: run.id,
});

const unwindOfSql = ({ tenantId, runId }: RunAddress): Sql => [
  'SELECT id FROM run WHERE tenant_id = $1 AND unwinds = $2',
  tenantId,
  runId,
];

/** An effect of a run that is undone, its call, and the call that takes it back. */
export interface UnwoundEffectRow {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly tool: string;
  readonly title: string;
  readonly state: EffectState;
  readonly externalRef: string | null;
  /** JSON text. */
  readonly args: string;
  /** JSON text where its call succeeded; null where only a person knows that it happened. */
  readonly result: string | null;
  /** Null until its undo is planned. */
  readonly undo: {
    /** Null while it is under way. */
    readonly outcome: CallOutcome | null;
    /** What was said of it where it did not succeed. */
    readonly result: string | null;
    readonly effectKey: EffectKey | null;
    readonly effectState: EffectState | null;
  } | null;
}

/** The effects of a run with what became of their undos, in the order of undoing: the latest first. */
export async function loadUnwound(
  database: Database,
  { tenantId, runId }: RunAddress,
): Promise<readonly UnwoundEffectRow[]> {
  const { rows } = await database.pool.query<UnwoundEffectRow>(
    prepared(unwoundEffectsSql, [tenantId, runId]),
  );
  return rows;
}

const unwoundEffectsSql = `
  SELECT effect.key, effect.call_id AS "callId", effect.tool, call.title, effect.state,
    effect.external_ref AS "externalRef", call.args,
    CASE WHEN call.outcome = 'succeeded' THEN call.result END AS result,
    CASE WHEN undo.id IS NOT NULL THEN json_build_object('outcome', undo.outcome,
      'result', undo.result, 'effectKey', undo_effect.key, 'effectState', undo_effect.state)
    END AS undo
  FROM effect
  JOIN call ON call.tenant_id = effect.tenant_id AND call.id = effect.call_id
  LEFT JOIN call AS undo ON undo.tenant_id = effect.tenant_id AND undo.undoes = effect.key
  LEFT JOIN effect AS undo_effect ON undo_effect.tenant_id = undo.tenant_id
    AND undo_effect.call_id = undo.id
  WHERE effect.tenant_id = $1 AND effect.run_id = $2 ORDER BY call.seq DESC`;

/**
 * Says once a turn that an unwind waits until people have said what became of the run that it
 * undoes. Returns for how long this turn has waited by now, in milliseconds.
 */
export async function noteUnsettled(
  database: Database,
  address: RunAddress,
  turn: number,
): Promise<number> {
  const reads = [turnRetrySql(address)];
  const waitedMs = await inRun(database, address, reads, (transaction, rows): number => {
    const { run, now, write, append } = transaction;
    const [[row]] = rows as [{ turnRetry: RetryNote | null }[]];
    const code = 'effect-not-settled';
    if (row?.turnRetry?.code === code) return Date.parse(now) - Date.parse(row.turnRetry.since);
    if (run.turns >= turn || run.ended !== null) return 0;
    const retry: RetryNote = { code, attempt: 1, since: now, until: null };
    write(
      'UPDATE run SET turn_retry = $3::jsonb WHERE tenant_id = $1 AND id = $2',
      run.tenantId,
      run.id,
      JSON.stringify(retry),
    );
    const data = { turn, attempt: 1, code, until: null };
    append({ type: 'turn-retrying', key: `turn-retrying:${turn}:${code}`, data });
    return 0;
  });
  return waitedMs ?? 0;
}

const turnRetrySql = ({ tenantId, runId }: RunAddress): Sql => [
  'SELECT turn_retry AS "turnRetry" FROM run WHERE tenant_id = $1 AND id = $2',
  tenantId,
  runId,
];
