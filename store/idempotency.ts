/** Idempotency keys (P2): scoped to principal and route, kept as long as what they made. */
import type { Digest } from '../contracts/ids.js';
import { BelayError } from '../runtime/belay-error.js';
import type { Database } from './database.js';
import type { RunTransaction, Sql } from './run-transaction.js';

export interface IdempotencyClaim {
  readonly tenantId: string;
  readonly principalId: string;
  readonly route: string;
  readonly key: string;
  /** The digest of everything that makes the request what it is. */
  readonly bodyDigest: Digest;
}

export interface KeptAnswer {
  readonly status: number;
  /** The body, as JSON text. */
  readonly body: string;
}

/** The first answer to this request, or null. Throws `idempotency-key-reused` for another one. */
export async function findKeptAnswer(
  database: Database,
  claim: IdempotencyClaim,
): Promise<KeptAnswer | null> {
  const scope = [claim.tenantId, claim.principalId, claim.route, claim.key];
  const { rows } = await database.pool.query<KeptAnswer & { bodyDigest: string }>(findSql, scope);
  const first = rows[0];
  if (first === undefined) return null;
  if (first.bodyDigest !== claim.bodyDigest) throw new BelayError('idempotency-key-reused');
  return { status: first.status, body: first.body };
}

export interface KeptKeyRow {
  readonly bodyDigest: string;
}

/** For a change of an existing run: the look-up of the key, under the run's lock. */
export const keyReads = (claim: IdempotencyClaim | null): readonly Sql[] =>
  claim === null ? [] : [[findSql, claim.tenantId, claim.principalId, claim.route, claim.key]];

/** Says whether this request was answered before. Throws `idempotency-key-reused` for another one. */
export function isReplay(
  claim: IdempotencyClaim | null,
  kept: readonly KeptKeyRow[] | undefined,
): boolean {
  const first = kept?.[0];
  if (claim === null || first === undefined) return false;
  if (first.bodyDigest !== claim.bodyDigest) throw new BelayError('idempotency-key-reused');
  return true;
}

/** Keeps the key of a change; its answer is the changed thing itself, read again. */
export function keepKey({ run, write }: RunTransaction, claim: IdempotencyClaim | null): void {
  if (claim === null) return;
  const scope = [claim.tenantId, claim.principalId, claim.route, claim.key];
  write(keepKeySql, ...scope, claim.bodyDigest, run.id);
}

const keepKeySql = `
  INSERT INTO idempotency (tenant_id, principal_id, route, key, body_digest, run_id)
  VALUES ($1, $2, $3, $4, $5, $6)`;
const findSql = `
  SELECT body_digest AS "bodyDigest", status, answer AS body FROM idempotency
  WHERE tenant_id = $1 AND principal_id = $2 AND route = $3 AND key = $4`;
