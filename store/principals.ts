/** Principals and their API keys. Only a digest of the secret is kept. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Principal, Role } from '../contracts/principal.js';
import { sha256Hex } from '../runtime/digest.js';
import type { Database } from './database.js';

/** `belay_<8 hexadecimal characters>_<43 characters of base64url>` */
const keyShape = /^belay_([0-9a-f]{8})_([A-Za-z0-9_-]{43})$/;

/** A new API key: a visible id, by which it is found and revoked, and 256 random bits. */
export const newApiKey = (): string =>
  `belay_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`;

/** The visible part of an API key and the digest of its secret; null for text of another shape. */
export function parseApiKey(text: string): { id: string; secretDigest: string } | null {
  const match = keyShape.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { id: match[1], secretDigest: sha256Hex(match[2]) };
}

/** Whose key this is; null for an unknown or revoked one. Secrets are 256 random bits, so one hash is enough. */
export async function findPrincipal(
  database: Database,
  tenantId: string,
  apiKey: string,
): Promise<Principal | null> {
  const key = parseApiKey(apiKey);
  if (key === null) return null;
  const row = await database.prisma.apiKey.findUnique({
    where: { tenantId_id: { tenantId, id: key.id } },
    include: { principal: true },
  });
  if (row === null || row.revokedAt !== null) return null;
  const isSame = timingSafeEqual(Buffer.from(row.secretDigest), Buffer.from(key.secretDigest));
  if (!isSame) return null;
  const { id, roles, labels } = row.principal;
  return { id, tenantId, roles: roles as Role[], labels };
}

export interface NewPrincipal {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly labels: readonly string[];
  /** Null for a principal without a key. */
  readonly apiKey: string | null;
}

/** Writes principals and their keys; those that exist take the given roles and labels. */
export async function registerPrincipals(
  database: Database,
  tenantId: string,
  principals: readonly NewPrincipal[],
): Promise<void> {
  for (const { id, roles, labels, apiKey } of principals) {
    await database.pool.query(
      `INSERT INTO principal (tenant_id, id, roles, labels) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, id) DO UPDATE SET roles = $3, labels = $4`,
      [tenantId, id, roles, labels],
    );
    const key = apiKey === null ? null : parseApiKey(apiKey);
    if (key === null) continue;
    await database.pool.query(
      `INSERT INTO api_key (tenant_id, id, principal_id, secret_digest) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [tenantId, key.id, id, key.secretDigest],
    );
  }
}
