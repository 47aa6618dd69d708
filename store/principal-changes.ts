/** Changes of principals and keys: each one transaction with the row that says who, what and why. */
import type { PoolClient } from 'pg';
import type { Role } from '../contracts/principal.js';
import type { PrincipalAct } from '../contracts/principal-views.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { answerOnce, type Answered, type AnswerOf } from './answer-once.js';
import type { Database } from './database.js';
import type { IdempotencyClaim } from './idempotency.js';
import type { NewApiKey } from './keyring.js';
import {
  keyColumns,
  principalColumns,
  type ApiKeyRecord,
  type PrincipalRecord,
} from './principals.js';
import { rfc3339 } from './rfc3339.js';

/** Who changes something, and why. */
export interface Author {
  readonly tenantId: string;
  /** Null at a command line: whoever holds the database. */
  readonly by: string | null;
  readonly reason: string;
}

/** A change of one principal, with the key under which it is asked for. */
export interface ChangeOf<Its> extends Author {
  readonly id: string;
  readonly key: IdempotencyClaim | null;
  readonly answerOf: AnswerOf<Its>;
}

/** A key beside the roles of its principal. */
export interface KeyChange {
  readonly record: ApiKeyRecord;
  readonly principal: PrincipalRecord;
}

interface Rights {
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
}

/** Makes a principal without a key. Throws `principal-exists`. */
export const makePrincipal = (
  database: Database,
  { key, answerOf, ...change }: ChangeOf<PrincipalRecord> & Rights,
): Promise<Answered<PrincipalRecord>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const made = await insertPrincipal(client, change, change.id, change);
    if (made === null) throw new BelayError('principal-exists');
    return made;
  });

/** Gives a principal other roles or labels. Throws `not-found` or `principal-revoked`. */
export const changePrincipal = (
  database: Database,
  { key, answerOf, ...change }: ChangeOf<PrincipalRecord> & Partial<Rights>,
): Promise<Answered<PrincipalRecord>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const found = await lockPrincipal(client, change.tenantId, change.id);
    const { roles = found.roles, labels = found.labels } = change;
    return writeRights(client, change, { ...found, roles, labels });
  });

/** Revokes a principal, for good. Throws `not-found` or `principal-revoked` (who, when, why). */
export const revokePrincipal = (
  database: Database,
  { key, answerOf, ...change }: ChangeOf<PrincipalRecord>,
): Promise<Answered<PrincipalRecord>> =>
  answerOnce(database, key, answerOf, async (client) => {
    await lockPrincipal(client, change.tenantId, change.id);
    const { rows } = await client.query<PrincipalRecord>(
      `UPDATE principal p SET revoked_at = clock_timestamp()
       WHERE tenant_id = $1 AND id = $2 RETURNING ${principalColumns}`,
      [change.tenantId, change.id],
    );
    const revoked = only(rows);
    await note(client, change, revoked, 'revoked');
    return revoked;
  });

/** Gives a principal a key. Throws `not-found` or `principal-revoked`. */
export const addKey = (
  database: Database,
  {
    key,
    answerOf,
    ...change
  }: ChangeOf<KeyChange> & {
    readonly fresh: NewApiKey;
    readonly expiresInMs: number | null;
  },
): Promise<Answered<KeyChange>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const principal = await lockPrincipal(client, change.tenantId, change.id);
    const { fresh, expiresInMs } = change;
    const record = await insertKey(client, change, principal, fresh, expiresInMs);
    return { record, principal };
  });

/** Revokes a key. Throws `not-found`, `principal-revoked` or `api-key-revoked` (who, when, why). */
export const revokeKey = (
  database: Database,
  { key, answerOf, ...change }: ChangeOf<KeyChange>,
): Promise<Answered<KeyChange>> =>
  answerOnce(database, key, answerOf, async (client) => {
    const { tenantId, id } = change;
    const owner = await client.query<{ principalId: string }>(
      'SELECT principal_id AS "principalId" FROM api_key WHERE tenant_id = $1 AND id = $2',
      [tenantId, id],
    );
    const principalId = owner.rows[0]?.principalId;
    if (principalId === undefined) throw new BelayError('not-found');
    const principal = await lockPrincipal(client, tenantId, principalId);
    const { rows } = await client.query<ApiKeyRecord>(
      `UPDATE api_key k SET revoked_at = clock_timestamp() FROM principal p
       WHERE k.tenant_id = $1 AND k.id = $2 AND k.revoked_at IS NULL
         AND p.tenant_id = k.tenant_id AND p.id = k.principal_id RETURNING ${keyColumns}`,
      [tenantId, id],
    );
    const [record] = rows;
    if (record === undefined) {
      throw new BelayError('api-key-revoked', await saysWho(client, tenantId, 'key-revoked', id));
    }
    await note(client, change, principal, 'key-revoked', id);
    return { record, principal };
  });

/** Locks a principal that can be changed. Throws `not-found` or `principal-revoked`. */
export async function lockPrincipal(
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<PrincipalRecord> {
  const found = await readLocked(client, tenantId, id);
  if (found === null) throw new BelayError('not-found');
  if (found.revokedAt === null) return found;
  throw new BelayError('principal-revoked', await saysWho(client, tenantId, 'revoked', id));
}

/** Locks a principal, revoked or not; null where there is none. */
export async function readLocked(
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<PrincipalRecord | null> {
  const { rows } = await client.query<PrincipalRecord>(
    `SELECT ${principalColumns} FROM principal p WHERE tenant_id = $1 AND id = $2 FOR UPDATE`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** Writes a principal that is not there yet; null when it is. */
export async function insertPrincipal(
  client: PoolClient,
  author: Author,
  id: string,
  { roles, labels }: Rights,
): Promise<PrincipalRecord | null> {
  const { rows } = await client.query<PrincipalRecord>(
    `INSERT INTO principal AS p (tenant_id, id, roles, labels) VALUES ($1, $2, $3, $4)
     ON CONFLICT DO NOTHING RETURNING ${principalColumns}`,
    [author.tenantId, id, roles, labels],
  );
  const made = rows[0] ?? null;
  if (made !== null) await note(client, author, made, 'made');
  return made;
}

/** Writes the rights of a locked principal. */
export async function writeRights(
  client: PoolClient,
  author: Author,
  wanted: PrincipalRecord,
): Promise<PrincipalRecord> {
  const { rows } = await client.query<PrincipalRecord>(
    `UPDATE principal p SET roles = $3, labels = $4
     WHERE tenant_id = $1 AND id = $2 RETURNING ${principalColumns}`,
    [author.tenantId, wanted.id, wanted.roles, wanted.labels],
  );
  const changed = only(rows);
  await note(client, author, changed, 'changed');
  return changed;
}

/** Writes a key of a locked principal. */
export async function insertKey(
  client: PoolClient,
  author: Author,
  principal: PrincipalRecord,
  { id, hash }: NewApiKey,
  expiresInMs: number | null,
): Promise<ApiKeyRecord> {
  const { rows } = await client.query<ApiKeyRecord>(
    `WITH k AS (
       INSERT INTO api_key (tenant_id, id, principal_id, secret_digest, expires_at)
       VALUES ($1, $2, $3, $4, clock_timestamp() + $5::bigint * interval '1 ms') RETURNING *)
     SELECT ${keyColumns} FROM k JOIN principal p ON p.tenant_id = k.tenant_id AND p.id = $3`,
    [author.tenantId, id, principal.id, hash, expiresInMs],
  );
  await note(client, author, principal, 'key-made', id);
  return only(rows);
}

/** Says of a change who made it and why, in the same transaction. */
const note = (
  client: PoolClient,
  { tenantId, by, reason }: Author,
  { id, roles, labels }: PrincipalRecord,
  act: PrincipalAct,
  keyId: string | null = null,
): Promise<unknown> =>
  client.query(
    `INSERT INTO principal_change (tenant_id, principal_id, act, by, reason, roles, labels, key_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tenantId, id, act, by, reason, roles, labels, keyId],
  );

/** What a refusal says of the revocation that came first. */
async function saysWho(client: PoolClient, tenantId: string, act: PrincipalAct, id: string) {
  const subject = act === 'revoked' ? 'principal_id' : 'key_id';
  const { rows } = await client.query<{ by: string | null; at: string; reason: string }>(
    `SELECT by, ${rfc3339('at')} AS at, reason FROM principal_change
     WHERE tenant_id = $1 AND act = $2 AND ${subject} = $3 ORDER BY id DESC LIMIT 1`,
    [tenantId, act, id],
  );
  // A key from before changes were recorded was revoked by a statement.
  const [first] = rows;
  const extra = { currentStatus: 'revoked', decidedBy: first?.by ?? null, decidedAt: first?.at };
  if (first === undefined) return { extra };
  const who = first.by ?? 'Someone at a command line';
  return { extra, detail: `${who} revoked it at ${first.at}: ${first.reason}` };
}

function only<Row>([row]: readonly Row[]): Row {
  invariant(row !== undefined, 'what was locked is there');
  return row;
}
