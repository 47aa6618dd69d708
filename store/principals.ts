/** Principals, their keys and their changes as people read them. `local` is nobody to be managed. */
import type {
  ApiKeyView,
  PrincipalChangeView,
  PrincipalView,
} from '../contracts/principal-views.js';
import type { Database } from './database.js';
import { rfc3339 } from './rfc3339.js';

/** A principal without its links. */
export type PrincipalRecord = Omit<PrincipalView, 'links'>;
/** A key without its links. */
export type ApiKeyRecord = Omit<ApiKeyView, 'links'>;

export const principalColumns = `p.id, p.roles, p.labels, ${rfc3339('p.revoked_at')} AS "revokedAt"`;

/** Of a key `k` beside its principal `p`. */
export const keyColumns = `k.id, k.principal_id AS "principalId",
  ${rfc3339('k.created_at')} AS "createdAt", ${rfc3339('k.last_used_at')} AS "lastUsedAt",
  ${rfc3339('k.expires_at')} AS "expiresAt",
  ${rfc3339('LEAST(k.revoked_at, p.revoked_at)')} AS "revokedAt"`;

interface Page<Place> {
  readonly tenantId: string;
  readonly limit: number;
  /** Where the page before ended. */
  readonly after?: Place;
}

/** Principals by name. */
export async function listPrincipals(
  database: Database,
  { tenantId, limit, after }: Page<{ readonly id: string }>,
): Promise<readonly PrincipalRecord[]> {
  const { rows } = await database.pool.query<PrincipalRecord>(
    `SELECT ${principalColumns} FROM principal p
     WHERE p.tenant_id = $1 AND p.id <> 'local' AND p.id > $2 ORDER BY p.id LIMIT $3`,
    [tenantId, after?.id ?? '', limit],
  );
  return rows;
}

/** A principal, or null. */
export async function findPrincipal(
  database: Database,
  tenantId: string,
  id: string,
): Promise<PrincipalRecord | null> {
  const { rows } = await database.pool.query<PrincipalRecord>(
    `SELECT ${principalColumns} FROM principal p
     WHERE p.tenant_id = $1 AND p.id = $2 AND p.id <> 'local'`,
    [tenantId, id],
  );
  return rows[0] ?? null;
}

/** The keys of a principal, the newest first. */
export async function listKeys(
  database: Database,
  principalId: string,
  { tenantId, limit, after }: Page<{ readonly createdAt: string; readonly id: string }>,
): Promise<readonly ApiKeyRecord[]> {
  const { rows } = await database.pool.query<ApiKeyRecord>(
    `SELECT ${keyColumns} FROM api_key k JOIN principal p USING (tenant_id)
     WHERE k.tenant_id = $1 AND p.id = $2 AND k.principal_id = p.id
       AND ($4::timestamptz IS NULL OR (k.created_at, k.id) < ($4, $5))
     ORDER BY k.created_at DESC, k.id DESC LIMIT $3`,
    [tenantId, principalId, limit, after?.createdAt ?? null, after?.id ?? null],
  );
  return rows;
}

/** What happened to a principal, the newest first. */
export async function listPrincipalChanges(
  database: Database,
  principalId: string,
  { tenantId, limit, after }: Page<{ readonly id: number }>,
): Promise<readonly PrincipalChangeView[]> {
  const { rows } = await database.pool.query<PrincipalChangeView>(
    `SELECT id::int AS id, principal_id AS "principalId", act, by, reason, roles, labels,
       key_id AS "keyId", ${rfc3339('at')} AS at
     FROM principal_change
     WHERE tenant_id = $1 AND principal_id = $2 AND ($4::bigint IS NULL OR id < $4)
     ORDER BY id DESC LIMIT $3`,
    [tenantId, principalId, limit, after?.id ?? null],
  );
  return rows;
}
