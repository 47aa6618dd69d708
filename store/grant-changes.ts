/** Standing grants as people make, vote for and revoke them: each change under the grant's lock. */
import type { PoolClient } from 'pg';
import type { GrantTerms, GrantVoteBody } from '../contracts/grant.js';
import type { Digest, GrantId } from '../contracts/ids.js';
import type { Principal } from '../contracts/principal.js';
import type { Signed } from '../contracts/statement.js';
import { BelayError, invariant } from '../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../runtime/digest.js';
import { newGrantId } from '../runtime/ids.js';
import { answerOnce, type Answered, type AnswerOf } from './answer-once.js';
import type { Database } from './database.js';
import {
  demandOfGrant,
  readGrant,
  recordOf,
  type Demand,
  type GrantRead,
  type GrantRecord,
} from './grant-views.js';
import { votesOfGrant, type GrantVoteRow } from './grants.js';
import type { IdempotencyClaim } from './idempotency.js';

/** What grants are judged by in a gateway: pure and synchronous. */
export interface GrantLaw {
  /** Whether a principal may decide what is asked of these people, and why not. */
  mayVote(
    principal: Principal,
    approvers: readonly string[],
  ): { readonly canDecide: boolean; readonly why: string };
  sign(body: GrantVoteBody): Signed;
}

interface Change {
  readonly principal: Principal;
  readonly key: IdempotencyClaim | null;
  readonly answerOf: AnswerOf<GrantRecord>;
}

export interface NewGrant extends Change {
  readonly terms: Omit<GrantTerms, 'expiresAt'>;
  readonly agentVersion: Digest;
  readonly expiresInMs: number;
  readonly reason: string;
  /** Who the rule demands. */
  readonly demand: Demand;
  readonly law: GrantLaw;
}

/** Proposes a grant, which is its author's vote for it. Throws `forbidden`. */
export const proposeGrant = (database: Database, fresh: NewGrant): Promise<Answered<GrantRecord>> =>
  answerOnce(database, fresh.key, fresh.answerOf, async (client) => {
    const { principal, demand, law } = fresh;
    const { tenantId, id: by } = principal;
    refuseStranger(fresh, demand);
    const now = await clock(client);
    const expiresAt = new Date(Date.parse(now) + fresh.expiresInMs).toISOString();
    const terms: GrantTerms = { ...fresh.terms, expiresAt };
    const id = newGrantId();
    const termsDigest = digestOf(terms);
    await client.query(
      `INSERT INTO standing_grant (tenant_id, id, agent, tool, rule, agent_version, terms,
         terms_digest, uses, reason, proposed_by, proposed_at, active_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        tenantId,
        id,
        terms.agent,
        terms.tool,
        terms.rule,
        fresh.agentVersion,
        canonicalJson(terms),
        termsDigest,
        terms.uses,
        fresh.reason,
        by,
        now,
        demand.quorum <= 1 ? now : null,
        expiresAt,
      ],
    );
    await insertVote(client, law, { tenantId, grantId: id, termsDigest, by, at: now });
    return changed(client, tenantId, id, demand);
  });

export interface NewGrantVote extends Change {
  readonly id: GrantId;
  readonly law: GrantLaw;
}

/**
 * Takes one person's vote; the one that completes the quorum makes the grant active. Throws
 * `not-found`, `forbidden`, `grant-not-open` or `already-voted`.
 */
export async function voteForGrant(
  database: Database,
  fresh: NewGrantVote,
): Promise<Answered<GrantRecord>> {
  const { id, principal, law } = fresh;
  const { tenantId } = principal;
  const demand = await demandOf(database, tenantId, id);
  return answerOnce(database, fresh.key, fresh.answerOf, async (client) => {
    const grant = await lockGrant(client, tenantId, id);
    refuseStranger(fresh, demand);
    refuseClosed(grant, principal.id);
    const now = await clock(client);
    const { termsDigest } = grant;
    await insertVote(client, law, {
      tenantId,
      grantId: id,
      termsDigest,
      by: principal.id,
      at: now,
    });
    if ((await countVotes(client, fresh, demand)) >= demand.quorum) {
      await client.query(
        'UPDATE standing_grant SET active_at = $3 WHERE tenant_id = $1 AND id = $2',
        [tenantId, id, now],
      );
    }
    return changed(client, tenantId, id, demand);
  });
}

export interface NewGrantRevocation extends Change {
  readonly id: GrantId;
  readonly reason: string;
}

/**
 * Revokes a grant: once it is answered, nothing starts under it any more, in whatever run. Throws
 * `not-found` or `grant-revoked` (who, when, why).
 */
export async function revokeGrant(
  database: Database,
  fresh: NewGrantRevocation,
): Promise<Answered<GrantRecord>> {
  const { id, principal, reason } = fresh;
  const { tenantId } = principal;
  const demand = await demandOf(database, tenantId, id);
  return answerOnce(database, fresh.key, fresh.answerOf, async (client) => {
    const { revokedAt, revokedBy, revokeReason } = await lockGrant(client, tenantId, id);
    if (revokedAt !== null) {
      throw new BelayError('grant-revoked', {
        detail: `${revokedBy} revoked it at ${revokedAt}: ${revokeReason}`,
        extra: { currentStatus: 'revoked', decidedBy: revokedBy, decidedAt: revokedAt },
      });
    }
    await client.query(
      `UPDATE standing_grant SET revoked_at = clock_timestamp(), revoked_by = $3,
         revoke_reason = $4
       WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, principal.id, reason],
    );
    return changed(client, tenantId, id, demand);
  });
}

/** What never changes of a grant is read before its lock. Throws `not-found`. */
async function demandOf(database: Database, tenantId: string, id: GrantId): Promise<Demand> {
  const read = await readGrant(database.pool, tenantId, id);
  if (read === null) throw new BelayError('not-found');
  return demandOfGrant(database, tenantId, read);
}

/** Waits for whatever is being planned or sent under the grant, and reads it under the lock. */
async function lockGrant(client: PoolClient, tenantId: string, id: GrantId): Promise<GrantRead> {
  await client.query(
    'SELECT FROM standing_grant WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE',
    [tenantId, id],
  );
  const grant = await readGrant(client, tenantId, id);
  invariant(grant !== null, 'a grant is never taken away');
  return grant;
}

async function changed(
  client: PoolClient,
  tenantId: string,
  id: GrantId,
  demand: Demand,
): Promise<GrantRecord> {
  const read = await readGrant(client, tenantId, id);
  invariant(read !== null, 'what was changed is there');
  return recordOf(read, demand);
}

function refuseStranger(
  { law, principal }: Pick<NewGrantVote, 'law' | 'principal'>,
  { approvers }: Demand,
): void {
  const { canDecide, why } = law.mayVote(principal, approvers);
  if (!canDecide) throw new BelayError('forbidden', { detail: why });
}

function refuseClosed({ status, votes }: GrantRead, by: string): void {
  if (status !== 'proposed') {
    throw new BelayError('grant-not-open', { extra: { currentStatus: status } });
  }
  const own = votes.find((vote) => vote.by === by);
  if (own === undefined) return;
  throw new BelayError('already-voted', {
    detail: 'You have voted for this grant already.',
    extra: { currentStatus: status, decidedAt: own.at },
  });
}

/** How many votes there are of people who may decide now. */
async function countVotes(
  client: PoolClient,
  { law, principal, id }: NewGrantVote,
  { approvers }: Demand,
): Promise<number> {
  const { tenantId } = principal;
  const { rows } = await client.query<{ votes: readonly GrantVoteRow[] }>(
    `SELECT ${votesOfGrant} AS votes FROM standing_grant g WHERE tenant_id = $1 AND id = $2`,
    [tenantId, id],
  );
  const counting = (rows[0]?.votes ?? []).filter(({ by, roles, labels }) => {
    if (by === principal.id) return true;
    if (roles === null || labels === null) return false;
    return law.mayVote({ id: by, tenantId, roles, labels }, approvers).canDecide;
  });
  return counting.length;
}

async function insertVote(client: PoolClient, law: GrantLaw, body: GrantVoteBody): Promise<void> {
  const { keyId, signature } = law.sign(body);
  await client.query(
    `INSERT INTO grant_vote (tenant_id, grant_id, by, at, key_id, signature)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [body.tenantId, body.grantId, body.by, body.at, keyId, signature],
  );
}

async function clock(client: PoolClient): Promise<string> {
  const { rows } = await client.query<{ now: string }>('SELECT clock_timestamp() AS now');
  invariant(rows[0] !== undefined, 'Postgres tells the time');
  return rows[0].now;
}
