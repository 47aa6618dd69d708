/** The keyring of a gateway: whose key a text is, asked of Postgres each time, so nothing revoked lives on. */
import type { Principal } from '../contracts/principal.js';
import { invariant } from '../runtime/belay-error.js';
import { apiKeyId, findPepper, hashApiKey, newApiKey, type Peppers } from '../runtime/api-key.js';
import { prepared, type Database } from './database.js';

/** A key that works, and whose it is. */
export interface KnownKey {
  readonly id: string;
  readonly principal: Principal;
}

/** A key that nobody has yet. */
export interface NewApiKey {
  readonly id: string;
  /** The whole key: for its holder alone. */
  readonly text: string;
  readonly hash: string;
}

export interface Keyring {
  /** Whose key this is; null for an unknown, revoked or expired one, or one of a revoked principal. */
  find(tenantId: string, text: string): Promise<KnownKey | null>;
  /** Those of these keys that no longer work. */
  findDead(tenantId: string, ids: readonly string[]): Promise<readonly string[]>;
  make(): NewApiKey;
}

/** Makes a key by the first pepper. */
export function makeApiKey([pepper]: Peppers, text: string = newApiKey()): NewApiKey {
  const id = apiKeyId(text);
  invariant(id !== null, 'a key of ours has the shape of one');
  return { id, text, hash: hashApiKey(pepper, text) };
}

/** Opens the keyring. Every pepper verifies; a key made by an older one moves to the first on use. */
export function createKeyring(database: Database, peppers: Peppers): Keyring {
  const noteUse = createUseNotes(database, peppers);
  return {
    find: async (tenantId, text) => {
      const id = apiKeyId(text);
      if (id === null) return null;
      const { rows } = await database.pool.query<KeyRow>(prepared(findSql, [tenantId, id]));
      const [row] = rows;
      if (row === undefined) return null;
      const pepper = findPepper(peppers, text, row.hash);
      if (pepper < 0) return null;
      if (row.isStale || pepper > 0) noteUse(tenantId, id, text);
      const { principalId, roles, labels } = row;
      return { id, principal: { id: principalId, tenantId, roles, labels } };
    },
    findDead: async (tenantId, ids) => {
      const { rows } = await database.pool.query<{ id: string }>(livingSql, [tenantId, ids]);
      const living = new Set(rows.map(({ id }) => id));
      return ids.filter((id) => !living.has(id));
    },
    make: () => makeApiKey(peppers),
  };
}

/**
 * Notes that a key was used: beside the request, whose answer neither waits for it nor fails with
 * it. A row that somebody else holds is left to the next request.
 */
function createUseNotes(database: Database, [pepper]: Peppers) {
  const underWay = new Set<string>();
  return (tenantId: string, id: string, text: string): void => {
    const name = `${tenantId}/${id}`;
    if (underWay.has(name)) return;
    underWay.add(name);
    database.pool
      .query(prepared(useSql, [tenantId, id, hashApiKey(pepper, text)]))
      .catch(() => undefined)
      .finally(() => underWay.delete(name));
  };
}

interface KeyRow extends Pick<Principal, 'roles' | 'labels'> {
  readonly principalId: string;
  readonly hash: string;
  /** Whether its last use was noted more than a minute ago. */
  readonly isStale: boolean;
}

/** What makes a key work, wherever that is asked. */
const worksSql = `
  k.revoked_at IS NULL
  AND p.revoked_at IS NULL
  AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())`;

const joinSql = `
  api_key k JOIN principal p ON p.tenant_id = k.tenant_id AND p.id = k.principal_id`;

const findSql = `
  SELECT p.id AS "principalId", p.roles, p.labels, k.secret_digest AS hash,
    k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute' AS "isStale"
  FROM ${joinSql} WHERE k.tenant_id = $1 AND k.id = $2 AND ${worksSql}`;

const livingSql = `
  SELECT k.id FROM ${joinSql} WHERE k.tenant_id = $1 AND k.id = ANY($2) AND ${worksSql}`;

const useSql = `
  UPDATE api_key SET last_used_at = clock_timestamp(), secret_digest = $3
  WHERE (tenant_id, id) IN (
    SELECT tenant_id, id FROM api_key WHERE tenant_id = $1 AND id = $2 FOR UPDATE SKIP LOCKED)`;
