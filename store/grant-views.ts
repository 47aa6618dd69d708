/** Standing grants as people read them: one, a page of them, and what one was used for. */
import type { PoolClient } from 'pg';
import type { GrantStatus, GrantTerms, GrantUseView, GrantView } from '../contracts/grant.js';
import type { Digest, EffectKey, GrantId } from '../contracts/ids.js';
import { invariant } from '../runtime/belay-error.js';
import { findVersion } from './agents.js';
import type { Database } from './database.js';
import { votesOfGrant } from './grants.js';
import { rfc3339 } from './rfc3339.js';

/** A grant without what depends on who looks. */
export type GrantRecord = Omit<GrantView, 'viewer' | 'links'>;

/** A grant without what its rule demands, which stands in the version that it was made for. */
export type GrantRead = Omit<GrantRecord, 'approvers' | 'quorum'> & {
  readonly agentVersion: Digest;
};

type ReadRow = Omit<GrantRead, keyof GrantTerms> & { readonly terms: string };

const statusOfGrant = `CASE
  WHEN revoked_at IS NOT NULL THEN 'revoked'
  WHEN used >= uses THEN 'used-up'
  WHEN expires_at <= clock_timestamp() THEN 'expired'
  WHEN active_at IS NULL THEN 'proposed'
  ELSE 'active' END`;

const columns = `g.id, g.agent_version AS "agentVersion", g.terms, g.terms_digest AS "termsDigest",
  ${statusOfGrant} AS status, g.reason, g.used, ${votesOfGrant} AS votes,
  g.proposed_by AS "proposedBy", ${rfc3339('g.proposed_at')} AS "proposedAt",
  ${rfc3339('g.active_at')} AS "activeAt", ${rfc3339('g.revoked_at')} AS "revokedAt",
  g.revoked_by AS "revokedBy", g.revoke_reason AS "revokeReason"`;

function readOf({ terms, votes, ...row }: ReadRow): GrantRead {
  const cast = votes.map(({ by, at }) => ({ by, at }));
  return { ...(JSON.parse(terms) as GrantTerms), ...row, votes: cast };
}

/** One grant, through a connection of one's own where it is being changed; null where there is none. */
export async function readGrant(
  client: Pick<PoolClient, 'query'>,
  tenantId: string,
  id: GrantId,
): Promise<GrantRead | null> {
  const { rows } = await client.query<ReadRow>(
    `SELECT ${columns} FROM standing_grant g WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  return rows[0] === undefined ? null : readOf(rows[0]);
}

/** Who a rule demands before a call. */
export type Demand = Pick<GrantView, 'approvers' | 'quorum'>;

/** What the rule of a grant demands. */
export async function demandOfGrant(
  database: Database,
  tenantId: string,
  { agent, agentVersion, ruleDigest, rule }: GrantRead,
): Promise<Demand> {
  const version = await findVersion(database, tenantId, agent, agentVersion);
  const found = version?.spec.policy.find(({ id }) => id === rule);
  invariant(found !== undefined, `the rule ${ruleDigest} of a grant is kept with its version`);
  return { approvers: found.approvers, quorum: found.quorum };
}

/** A grant with what its rule demands. */
export function recordOf(
  { agentVersion: _version, ...read }: GrantRead,
  { approvers, quorum }: Demand,
): GrantRecord {
  return { ...read, approvers, quorum };
}

/** One grant, or null. */
export async function findGrant(
  database: Database,
  tenantId: string,
  id: GrantId,
): Promise<GrantRecord | null> {
  const read = await readGrant(database.pool, tenantId, id);
  return read === null ? null : recordOf(read, await demandOfGrant(database, tenantId, read));
}

export interface GrantFilter {
  readonly tenantId: string;
  readonly status?: GrantStatus;
  readonly agent?: string;
  readonly limit: number;
  /** The last grant of the page before. */
  readonly after?: { readonly proposedAt: string; readonly id: string };
}

/** Grants, the newest first. */
export async function listGrants(database: Database, filter: GrantFilter): Promise<GrantRecord[]> {
  const { tenantId, status, agent, limit, after } = filter;
  const place = [after?.proposedAt ?? null, after?.id ?? null];
  const { rows } = await database.pool.query<ReadRow>(
    `SELECT ${columns} FROM standing_grant g
     WHERE tenant_id = $1 AND ($2::text IS NULL OR ${statusOfGrant} = $2)
       AND ($3::text IS NULL OR agent = $3)
       AND ($5::timestamptz IS NULL OR (proposed_at, id) < ($5::timestamptz, $6::text))
     ORDER BY proposed_at DESC, id DESC LIMIT $4`,
    [tenantId, status ?? null, agent ?? null, limit, ...place],
  );
  const reads = rows.map(readOf);
  return Promise.all(
    reads.map(async (read) => recordOf(read, await demandOfGrant(database, tenantId, read))),
  );
}

export interface UseFilter {
  readonly tenantId: string;
  readonly id: GrantId;
  readonly limit: number;
  /** The last use of the page before. */
  readonly after?: { readonly reservedAt: string; readonly effectKey: EffectKey };
}

/** What a grant was used for, freed uses too, the newest first. */
export async function listUses(
  database: Database,
  { tenantId, id, limit, after }: UseFilter,
): Promise<readonly GrantUseView[]> {
  const { rows } = await database.pool.query<GrantUseView>(
    `SELECT effect_key AS "effectKey", run_id AS "runId", call_id AS "callId",
       reserved_at AS "reservedAt", dispatched_at AS "dispatchedAt", freed_at AS "freedAt"
     FROM grant_use
     WHERE tenant_id = $1 AND grant_id = $2
       AND ($4::timestamptz IS NULL OR (reserved_at, effect_key) < ($4::timestamptz, $5::text))
     ORDER BY reserved_at DESC, effect_key DESC LIMIT $3`,
    [tenantId, id, limit, after?.reservedAt ?? null, after?.effectKey ?? null],
  );
  return rows;
}
