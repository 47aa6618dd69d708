/** Standing grants as runs read them: looked for when calls are planned, locked when they are used. */
import type { Digest, EffectKey, GrantId } from '../contracts/ids.js';
import { grantsPerTurn } from '../contracts/limits.js';
import type { Role } from '../contracts/principal.js';
import { prepared, type Database } from './database.js';
import { rfc3339 } from './rfc3339.js';
import type { RunAddress, Sql } from './run-transaction.js';

/** A vote for a grant, with who its author is now. */
export interface GrantVoteRow {
  readonly by: string;
  readonly at: string;
  readonly keyId: string;
  readonly signature: string;
  /** Null where its author is known no more, or revoked: then it counts for nothing. */
  readonly roles: readonly Role[] | null;
  readonly labels: readonly string[] | null;
}

export interface GrantRow {
  readonly id: GrantId;
  readonly agent: string;
  readonly tool: string;
  readonly rule: string;
  /** What was voted on, as canonical JSON. */
  readonly terms: string;
  readonly termsDigest: Digest;
  readonly uses: number;
  readonly used: number;
  /** The rows of its uses that are not freed: as many as are counted in `used`. */
  readonly taken: number;
  readonly expiresAt: string;
  readonly isActive: boolean;
  readonly isRevoked: boolean;
  /** By Postgres's clock. */
  readonly isExpired: boolean;
  readonly votes: readonly GrantVoteRow[];
}

/** A use that is reserved for a call, or carried out by it. */
export interface UseRow {
  readonly grantId: GrantId;
  readonly effectKey: EffectKey;
  readonly isDispatched: boolean;
}

/** SQL that gives the votes for the grant `g` as JSON, in the order in which they were cast. */
export const votesOfGrant = `
  coalesce((SELECT json_agg(json_build_object('by', by, 'at', ${rfc3339('at')}, 'keyId', key_id,
      'signature', signature, 'roles', roles, 'labels', labels) ORDER BY at, by)
    FROM grant_vote LEFT JOIN principal ON principal.tenant_id = grant_vote.tenant_id
      AND principal.id = grant_vote.by AND principal.revoked_at IS NULL
    WHERE grant_vote.tenant_id = g.tenant_id AND grant_id = g.id), '[]'::json)`;

const columns = `g.id, g.agent, g.tool, g.rule, g.terms, g.terms_digest AS "termsDigest", g.uses,
  g.used, (SELECT count(*)::int FROM grant_use WHERE grant_use.tenant_id = g.tenant_id
    AND grant_id = g.id AND freed_at IS NULL) AS taken,
  g.expires_at AS "expiresAt", g.active_at IS NOT NULL AS "isActive",
  g.revoked_at IS NOT NULL AS "isRevoked", g.expires_at <= clock_timestamp() AS "isExpired",
  ${votesOfGrant} AS votes`;

/** The grants of an agent for some of its tools that can be used now, those that expire first. */
export async function findLiveGrants(
  database: Database,
  tenantId: string,
  agent: string,
  tools: readonly string[],
): Promise<readonly GrantRow[]> {
  const { rows } = await database.pool.query<GrantRow>(prepared(liveSql, [tenantId, agent, tools]));
  return rows;
}

const liveSql = `
  SELECT ${columns} FROM standing_grant g
  WHERE tenant_id = $1 AND agent = $2 AND tool = ANY($3::text[]) AND active_at IS NOT NULL
    AND revoked_at IS NULL AND used < uses AND expires_at > clock_timestamp()
  ORDER BY g.expires_at, g.id LIMIT ${grantsPerTurn}`;

/**
 * Locks grants, after the run and its rows, in the order of their ids, and reads them under the lock:
 * two statements, as any clock in that of the lock would be read before it was granted.
 */
export const lockedGrantsSql = (
  { tenantId }: RunAddress,
  ids: readonly GrantId[],
): readonly [Sql, Sql] => [
  [
    `SELECT id FROM standing_grant WHERE tenant_id = $1 AND id = ANY($2::text[])
     ORDER BY id FOR NO KEY UPDATE`,
    tenantId,
    ids,
  ],
  [
    `SELECT ${columns} FROM standing_grant g
     WHERE tenant_id = $1 AND id = ANY($2::text[]) ORDER BY id`,
    tenantId,
    ids,
  ],
];
