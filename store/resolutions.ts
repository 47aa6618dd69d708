/** A person's word on a parked effect: recorded and signed by the gateway, believed by the worker if it is. */
import { resolvedStates, type Resolution } from '../contracts/effect.js';
import type { CallId, Digest, EffectKey, RunId } from '../contracts/ids.js';
import type { EffectResolvedSignal } from '../contracts/signals.js';
import type { Signed } from '../contracts/statement.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { digestOf } from '../runtime/digest.js';
import { noteTampering } from './authority.js';
import { callSql, finishCall, type OpenCallRow } from './calls.js';
import type { Database } from './database.js';
import { effectOfCallSql, type EffectRow } from './effects.js';
import {
  isReplay,
  keepKey,
  keyReads,
  type IdempotencyClaim,
  type KeptKeyRow,
} from './idempotency.js';
import { inRun, type RunTransaction } from './run-transaction.js';

/** What a person's word says, word for word as it is signed. */
export type ResolutionBody = {
  readonly tenantId: string;
  readonly runId: RunId;
  readonly effectKey: EffectKey;
  readonly outcome: Resolution;
  readonly externalRef: string | null;
  readonly messageDigest: Digest;
  readonly by: string;
  readonly at: string;
};

/** Says whether a gateway that is trusted signed this. */
export type IsSigned = (body: ResolutionBody, signed: Signed) => boolean;

export interface NewResolution {
  readonly tenantId: string;
  readonly effectKey: EffectKey;
  readonly by: string;
  readonly outcome: Resolution;
  readonly externalRef: string | null;
  readonly message: string;
  readonly key: IdempotencyClaim | null;
  readonly sign: (body: ResolutionBody) => Signed;
}

/**
 * Records a person's answer about a parked effect: it ends the call, and the key is never
 * dispatched again. Throws `not-found` or `effect-not-parked`.
 */
export async function resolveEffect(
  database: Database,
  fresh: NewResolution,
): Promise<{ readonly replayed: boolean }> {
  const row = await database.prisma.effect.findUnique({
    where: { tenantId_key: { tenantId: fresh.tenantId, key: fresh.effectKey } },
    select: { runId: true, callId: true },
  });
  if (row === null) throw new BelayError('not-found');
  const address = { tenantId: fresh.tenantId, runId: row.runId as RunId };
  const callId = row.callId as CallId;
  const reads = [
    callSql(address, callId),
    effectOfCallSql(address, callId),
    ...keyReads(fresh.key),
  ];
  const replayed = await inRun(database, address, reads, (transaction, rows): boolean => {
    const [[call], [effect], kept] = rows as [OpenCallRow[], EffectRow[], KeptKeyRow[]];
    invariant(call !== undefined && effect !== undefined, 'an effect has its rows');
    if (isReplay(fresh.key, kept)) return true;
    if (effect.state !== 'parked') {
      throw notParked(effect);
    }
    keepKey(transaction, fresh.key);
    writeResolution(transaction, call, effect, fresh);
    return false;
  });
  return { replayed: replayed ?? false };
}

/** Names the one who was first, where someone was. */
function notParked({ state, resolution, resolvedBy, resolvedAt }: EffectRow): BelayError {
  const first =
    resolvedBy === null
      ? {}
      : { decidedBy: resolvedBy, decidedAt: resolvedAt, decision: resolution };
  return new BelayError('effect-not-parked', { extra: { currentStatus: state, ...first } });
}

function writeResolution(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  fresh: NewResolution,
): void {
  const { run, now, write, append } = transaction;
  const externalRef = fresh.externalRef ?? effect.externalRef;
  const signed = fresh.sign({
    tenantId: run.tenantId,
    runId: run.id,
    effectKey: effect.key,
    outcome: fresh.outcome,
    externalRef,
    messageDigest: digestOf(fresh.message),
    by: fresh.by,
    at: now,
  });
  write(
    `UPDATE effect SET state = $3, resolution = $4, resolved_by = $5, resolved_message = $6,
       external_ref = coalesce($7, external_ref), resolved_at = $8, updated_at = $8,
       resolution_key_id = $9, resolution_signature = $10
     WHERE tenant_id = $1 AND key = $2 AND state = 'parked'`,
    run.tenantId,
    effect.key,
    resolvedStates[fresh.outcome],
    fresh.outcome,
    fresh.by,
    fresh.message,
    fresh.externalRef,
    now,
    signed.keyId,
    signed.signature,
  );
  const { key, callId } = effect;
  const { outcome, by, message } = fresh;
  append({
    type: 'effect-resolved',
    key: `effect-resolved:${key}`,
    data: { key, callId, outcome, by, message },
  });
  if (call.state === 'finished') return;
  tellModel(transaction, call, fresh);
  write(
    `INSERT INTO outbox (tenant_id, run_id, kind, subject, payload)
     VALUES ($1, $2, 'effectResolved', $3, $4::jsonb)`,
    run.tenantId,
    run.id,
    key,
    JSON.stringify({ effectKey: key, callId } satisfies EffectResolvedSignal),
  );
}

function tellModel(transaction: RunTransaction, call: OpenCallRow, fresh: NewResolution): void {
  const { outcome, by, message, externalRef } = fresh;
  switch (outcome) {
    case 'happened': {
      const result = { confirmedBy: by, message, externalRef };
      return finishCall(transaction, call, 'succeeded', JSON.stringify(result), message);
    }
    case 'absent':
      return finishCall(transaction, call, 'failed', `Not made: ${by} found: ${message}`, message);
    case 'compensated': {
      const text = `Made and then undone by ${by}: ${message}`;
      return finishCall(transaction, call, 'failed', text, message);
    }
  }
}

/** What is called a person's word and is not signed as one: the model is not told that it happened. */
export function refuseForgedWord(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow,
  isSigned: IsSigned,
): void {
  const { resolution, resolvedBy, resolvedAt, resolvedMessage, keyId, signature } = effect;
  if (resolution === null || resolvedBy === null || resolvedAt === null) return;
  const { run } = transaction;
  const body: ResolutionBody = {
    tenantId: run.tenantId,
    runId: run.id,
    effectKey: effect.key,
    outcome: resolution,
    externalRef: effect.externalRef,
    messageDigest: digestOf(resolvedMessage),
    by: resolvedBy,
    at: resolvedAt,
  };
  if (keyId !== null && signature !== null && isSigned(body, { keyId, signature })) return;
  noteTampering(transaction, call.id, null, [`word of ${resolvedBy}: it is not what was signed`]);
  transaction.write(
    `UPDATE call SET outcome = 'tampered', result = $3 WHERE tenant_id = $1 AND id = $2`,
    run.tenantId,
    call.id,
    'Nobody can say whether this happened: what stands about it in the database was not signed.',
  );
}
