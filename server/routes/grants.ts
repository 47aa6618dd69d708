/** Standing grants: proposed and voted for by approvers, revoked at once, read by everybody. */
import { z } from 'zod';
import type { AgentVersion } from '../../contracts/agent.js';
import { grantStatuses } from '../../contracts/grant.js';
import { grantConditionCharacters, grantUses } from '../../contracts/limits.js';
import { duration } from '../../policy/duration.js';
import { findConditionFault } from '../../policy/expression.js';
import { BelayError } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { isEffectKey, isGrantId } from '../../runtime/ids.js';
import { findCurrentVersion } from '../../store/agents.js';
import {
  proposeGrant,
  revokeGrant,
  voteForGrant,
  type NewGrant,
} from '../../store/grant-changes.js';
import { findGrant, listGrants, listUses, type GrantRecord } from '../../store/grant-views.js';
import { namesOf } from '../../store/switch-changes.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Call, GatewayDependencies } from '../dependencies.js';
import { grantLaw } from '../grant-law.js';
import { grantView } from '../grant-view.js';
import { grantIdOf, keyClaimOf, limitParameter, parseQuery, parseRequest } from '../parse.js';
import { sendAnswered } from '../reply.js';
import { listQuery, reason } from './principals.js';

const grantsQuery = z.strictObject({
  status: z.enum(grantStatuses).optional(),
  agent: z.string().optional(),
  limit: limitParameter,
  cursor: z.string().optional(),
});

const grantPlace = z.strictObject({
  proposedAt: z.iso.datetime(),
  id: z.string().refine(isGrantId),
});

/** `GET /v1/grants`: the newest first. */
export async function getGrants(
  { database }: GatewayDependencies,
  { principal, request, response }: Call,
): Promise<void> {
  const { status, agent, limit, cursor } = parseQuery(grantsQuery, request.query);
  const rows = await listGrants(database, {
    tenantId: principal.tenantId,
    limit: limit + 1,
    ...(status === undefined ? {} : { status }),
    ...(agent === undefined ? {} : { agent }),
    ...(cursor === undefined ? {} : { after: decodeCursor(grantPlace, cursor) }),
  });
  const { data, nextCursor } = pageOf(rows, limit, ({ proposedAt, id }) => ({ proposedAt, id }));
  response.json({ data: data.map((grant) => grantView(principal, grant)), nextCursor });
}

/** `GET /v1/grants/:id` */
export async function getGrant(
  { database }: GatewayDependencies,
  { principal, request, response }: Call,
): Promise<void> {
  const grant = await findGrant(database, principal.tenantId, grantIdOf(request));
  if (grant === null) throw new BelayError('not-found');
  response.json(grantView(principal, grant));
}

const usePlace = z.strictObject({
  reservedAt: z.iso.datetime(),
  effectKey: z.string().refine(isEffectKey),
});

/** `GET /v1/grants/:id/uses`: what it was used for, freed uses too, the newest first. */
export async function getGrantUses(
  { database }: GatewayDependencies,
  { principal: { tenantId }, request, response }: Call,
): Promise<void> {
  const { limit, cursor } = parseQuery(listQuery, request.query);
  const id = grantIdOf(request);
  if ((await findGrant(database, tenantId, id)) === null) throw new BelayError('not-found');
  const rows = await listUses(database, {
    tenantId,
    id,
    limit: limit + 1,
    ...(cursor === undefined ? {} : { after: decodeCursor(usePlace, cursor) }),
  });
  const place = ({ reservedAt, effectKey }: (typeof rows)[number]) => ({ reservedAt, effectKey });
  response.json(pageOf(rows, limit, place));
}

const longestMs = 90 * 24 * 60 * 60 * 1_000;

const grantBody = z.strictObject({
  agent: z.string().min(1).max(100),
  tool: z.string().min(1).max(100),
  rule: z.string().min(1).max(100),
  when: z.string().trim().min(1).max(grantConditionCharacters).default('true'),
  uses: z.int().min(1).max(grantUses),
  expiresIn: duration.refine((ms) => ms <= longestMs, 'must be at most 90d'),
  reason,
});

/** `POST /v1/grants`: the proposal is its author's vote; where one person suffices it is active. */
export async function postGrant(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const {
    agent,
    tool,
    rule,
    when,
    uses,
    expiresIn,
    reason: why,
  } = parseRequest(grantBody, request.body);
  const pinned = await pinTerms(gateway, principal.tenantId, { agent, tool, rule, when });
  const answered = await proposeGrant(gateway.database, {
    terms: { agent, tool, rule, when, uses, ...pinned.digests },
    agentVersion: pinned.agentVersion,
    demand: pinned.demand,
    expiresInMs: expiresIn,
    reason: why,
    principal,
    law: grantLaw(gateway.signer),
    key: keyClaimOf(call, 'POST /v1/grants', request.body),
    answerOf: answerOf(call, 201),
  });
  const { id } = JSON.parse(answered.answer.body) as Pick<GrantRecord, 'id'>;
  response.location(`/v1/grants/${id}`);
  sendAnswered(response, answered);
}

/** `POST /v1/grants/:id/votes`: another approver's; the one that completes the quorum activates it. */
export async function postGrantVote(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const id = grantIdOf(request);
  parseRequest(z.strictObject({}), request.body);
  const answered = await voteForGrant(gateway.database, {
    id,
    principal,
    law: grantLaw(gateway.signer),
    key: keyClaimOf(call, 'POST /v1/grants/:id/votes', { id }),
    answerOf: answerOf(call, 200),
  });
  sendAnswered(response, answered);
}

/** `POST /v1/grants/:id/revocation`: once it is answered, nothing starts under it any more. */
export async function postGrantRevocation(gateway: GatewayDependencies, call: Call): Promise<void> {
  const { request, response, principal } = call;
  const id = grantIdOf(request);
  const { reason: why } = parseRequest(z.strictObject({ reason }), request.body);
  const answered = await revokeGrant(gateway.database, {
    id,
    principal,
    reason: why,
    key: keyClaimOf(call, 'POST /v1/grants/:id/revocation', { id, body: request.body }),
    answerOf: answerOf(call, 200),
  });
  sendAnswered(response, answered);
}

const answerOf =
  ({ principal }: Call, status: number) =>
  (record: GrantRecord) => ({ status, body: JSON.stringify(grantView(principal, record)) });

interface Named {
  readonly agent: string;
  readonly tool: string;
  readonly rule: string;
  readonly when: string;
}

/** What the agent's current version says of the tool and the rule, or why no grant can be given. */
async function pinTerms(
  { database }: GatewayDependencies,
  tenantId: string,
  named: Named,
): Promise<
  Pick<NewGrant, 'agentVersion' | 'demand'> & {
    readonly digests: Pick<NewGrant['terms'], 'ruleDigest' | 'toolDigest'>;
  }
> {
  const version = await findCurrentVersion(database, tenantId, named.agent);
  if (version === null) {
    const agents = await namesOf(database, tenantId, 'agent');
    const errors = [{ pointer: '/agent', detail: 'is not registered' }];
    const detail = `The agents here are: ${agents.join(', ') || 'none yet'}.`;
    throw new BelayError('unknown-agent', { detail, extra: { errors, agents } });
  }
  const { tools, policy } = version.spec;
  const tool = tools.find(({ name }) => name === named.tool);
  const rule = policy.find(({ id }) => id === named.rule);
  const errors = problemsOf(version, named);
  if (tool === undefined || rule === undefined || errors.length > 0) {
    throw new BelayError('grant-not-possible', { extra: { errors } });
  }
  const { approvers, quorum } = rule;
  return {
    agentVersion: version.digest,
    demand: { approvers, quorum },
    digests: { ruleDigest: digestOf(rule), toolDigest: digestOf(tool) },
  };
}

function problemsOf({ spec }: AgentVersion, { tool, rule, when }: Named) {
  const problem = (pointer: string, detail: string) => ({ pointer, detail });
  const tools = spec.tools.map(({ name }) => name);
  const asking = spec.policy.filter(({ decision }) => decision === 'ask').map(({ id }) => id);
  const fault = findConditionFault(when);
  const rules = asking.join(', ') || 'none';
  return [
    ...(tools.includes(tool) ? [] : [problem('/tool', `is none of: ${tools.join(', ')}`)]),
    ...(asking.includes(rule)
      ? []
      : [problem('/rule', `is no rule that asks; those are: ${rules}`)]),
    ...(fault === null ? [] : [problem('/when', fault)]),
  ];
}
