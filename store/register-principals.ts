/** Principals that are written without being asked for over HTTP: the first admin, and those of the demo. */
import type { Role } from '../contracts/principal.js';
import type { Peppers } from '../runtime/api-key.js';
import { inTransaction } from './answer-once.js';
import type { Database } from './database.js';
import { makeApiKey, type NewApiKey } from './keyring.js';
import {
  insertKey,
  insertPrincipal,
  lockPrincipal,
  readLocked,
  writeRights,
  type Author,
} from './principal-changes.js';

export interface NewPrincipal {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
}

/**
 * Gives a principal these roles and labels and one more key, and makes it where there is none.
 * Throws `principal-revoked`.
 */
export const registerPrincipal = (
  database: Database,
  author: Author,
  wanted: NewPrincipal,
  fresh: NewApiKey,
): Promise<void> =>
  inTransaction(database, async (client) => {
    const { tenantId } = author;
    const made = await insertPrincipal(client, author, wanted.id, wanted);
    const found = made ?? (await lockPrincipal(client, tenantId, wanted.id));
    const { roles, labels } = wanted;
    const isOther = !isSame(found.roles, roles) || !isSame(found.labels, labels);
    const principal = isOther
      ? await writeRights(client, author, { ...found, roles, labels })
      : found;
    await insertKey(client, author, principal, fresh, null);
  });

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join() === other.toSorted().join();

/** A principal of the demo; null for one without a key. */
export interface SeededPrincipal extends NewPrincipal {
  readonly apiKey: string | null;
}

/**
 * Writes the principals and keys that are not there yet. What admins changed since stays, and what
 * is revoked stays revoked. A key that is there is hashed anew: its pepper may have been lost.
 */
export async function seedPrincipals(
  database: Database,
  tenantId: string,
  principals: readonly SeededPrincipal[],
  peppers: Peppers,
): Promise<void> {
  const author: Author = { tenantId, by: null, reason: 'It belongs to the demo.' };
  for (const { apiKey, ...wanted } of principals) {
    await inTransaction(database, async (client) => {
      const made = await insertPrincipal(client, author, wanted.id, wanted);
      const principal = made ?? (await readLocked(client, tenantId, wanted.id));
      if (apiKey === null || principal === null || principal.revokedAt !== null) return;
      const key = makeApiKey(peppers, apiKey);
      const { rowCount } = await client.query(
        `UPDATE api_key SET secret_digest = $4
         WHERE tenant_id = $1 AND id = $2 AND principal_id = $3`,
        [tenantId, key.id, principal.id, key.hash],
      );
      if (rowCount === 0) await insertKey(client, author, principal, key, null);
    });
  }
}
