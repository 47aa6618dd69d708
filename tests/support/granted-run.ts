/** Standing grants and runs that use them, by store and activities alone: no engine, no worker. */
import { attemptTerms } from '../../activities/attempt-terms.js';
import { offerGrants } from '../../activities/offer-grants.js';
import { judge } from '../../activities/judge.js';
import type { PlannedCall } from '../../contracts/activities.js';
import type { AgentVersion } from '../../contracts/agent.js';
import type { EffectClass } from '../../contracts/effect.js';
import type { CallId, GrantId, RunId } from '../../contracts/ids.js';
import type { Principal } from '../../contracts/principal.js';
import { invariant } from '../../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { createLog } from '../../runtime/log.js';
import { createSigner, type Verifier } from '../../runtime/signing.js';
import { grantLaw } from '../../server/grant-law.js';
import { findCurrentVersion, findVersion } from '../../store/agents.js';
import { startCall, type Start } from '../../store/call-start.js';
import { loadCall } from '../../store/calls.js';
import type { Database } from '../../store/database.js';
import {
  proposeGrant,
  revokeGrant,
  voteForGrant,
  type NewGrant,
} from '../../store/grant-changes.js';
import { findGrant, type GrantRecord } from '../../store/grant-views.js';
import { commitTurn, type JudgedCall } from '../../store/turn-commit.js';
import { openRun } from '../../store/run-lifecycle.js';
import { queueRun } from './queued-run.js';
import { testServers } from './servers.js';
import { testVerifier } from './signing-keys.js';
import { approver } from './votes.js';
import { plainTurn } from './plain-turn.js';

const quiet = createLog({ service: 'test', level: 'error', format: 'json' });
export const silent = { ...quiet, error: () => undefined };
const answerOf = (record: GrantRecord) => ({ status: 200, body: JSON.stringify(record) });
const law = () => grantLaw(createSigner(testServers().signingKey));
export const refundOf = (amountCents: number) => ({
  orderId: '42',
  amountCents,
  currency: 'EUR',
  reason: 'broken',
});

async function currentOf(database: Database, agent: string): Promise<AgentVersion> {
  const version = await findCurrentVersion(database, 'default', agent);
  invariant(version !== null, 'the agent is registered');
  return version;
}

interface Wish {
  readonly agent?: string;
  readonly rule?: string;
  readonly when?: string;
  readonly uses?: number;
  readonly expiresInMs?: number;
  readonly by?: string;
  readonly law?: NewGrant['law'];
}

/** Proposes a grant for refunds, of the rule that asks one person unless the wish says otherwise. */
export async function propose(database: Database, wish: Wish = {}): Promise<GrantRecord> {
  const { agent = 'refund-desk', rule: name = 'refund-medium', when = 'true', uses = 1 } = wish;
  const version = await currentOf(database, agent);
  const rule = version.spec.policy.find(({ id }) => id === name);
  const tool = version.spec.tools.find((each) => each.name === 'issue_refund');
  invariant(rule !== undefined && tool !== undefined, 'the agent has them');
  const digests = { ruleDigest: digestOf(rule), toolDigest: digestOf(tool) };
  const { made } = await proposeGrant(database, {
    terms: { agent, tool: tool.name, rule: name, when, uses, ...digests },
    agentVersion: version.digest,
    demand: rule,
    expiresInMs: wish.expiresInMs ?? 60_000,
    reason: 'A test.',
    principal: approver(wish.by ?? 'ana'),
    law: wish.law ?? law(),
    key: null,
    answerOf,
  });
  invariant(made !== null, 'it is no replay');
  return made;
}

/** Casts one more vote for a grant. */
export const voteFor = async (
  database: Database,
  id: GrantId,
  by: string,
  principal: Principal = approver(by),
) => (await voteForGrant(database, { id, principal, law: law(), key: null, answerOf })).made;

/** Revokes a grant as the operator does. */
export const revoke = (database: Database, id: GrantId) => {
  const principal: Principal = { id: 'otto', tenantId: 'default', roles: ['operator'], labels: [] };
  return revokeGrant(database, { id, principal, reason: 'Stop.', key: null, answerOf });
};

/** A grant as it stands. */
export async function grantOf(database: Database, id: GrantId): Promise<GrantRecord> {
  const grant = await findGrant(database, 'default', id);
  invariant(grant !== null, 'the grant is there');
  return grant;
}

/** A run whose first turn has planned one refund. */
export interface PlannedRun {
  readonly runId: RunId;
  readonly address: { readonly tenantId: string; readonly runId: RunId };
  readonly callId: CallId;
  readonly planned: PlannedCall;
  readonly args: unknown;
  readonly requestedBy: string;
}

interface Plan {
  readonly agent?: string;
  readonly amountCents?: number;
  readonly requestedBy?: string;
  readonly effect?: EffectClass;
  readonly verifier?: Verifier;
  readonly changes?: Partial<JudgedCall>;
}

/** A run that stands before its first turn. */
export async function openedRun(database: Database, plan: Plan = {}): Promise<RunId> {
  const { agent = 'refund-desk', requestedBy = 'otto' } = plan;
  const runId = await queueRun(database, agent, requestedBy);
  await openRun(database, { tenantId: 'default', runId }, `engine-${runId}`);
  return runId;
}

/** Commits a turn of a run with one refund, judged and covered as a worker does it. */
export async function planRefund(
  database: Database,
  runId: RunId,
  plan: Plan = {},
  turn = 1,
): Promise<PlannedRun> {
  const { amountCents = 6_000, requestedBy = 'otto', effect = 'keyed' } = plan;
  const address = { tenantId: 'default', runId };
  const version = await currentOf(database, plan.agent ?? 'refund-desk');
  const args = refundOf(amountCents);
  const { rows } = await database.pool.query<{ at: string; isTainted: boolean }>(
    `SELECT clock_timestamp() AS at, tainted_at IS NOT NULL AS "isTainted" FROM run WHERE id = $1`,
    [runId],
  );
  invariant(rows[0] !== undefined, 'the run is there');
  const run = { runId, requestedBy, turn, spentMicrosUsd: 0, ...rows[0] };
  const { judgement, inputs } = judge(version, run, { name: 'issue_refund', effect }, args);
  const { verdict, ...question } = judgement;
  const judged: JudgedCall = {
    modelCallId: `toolu_${turn}`,
    tool: 'issue_refund',
    title: 'refund',
    args: canonicalJson(args),
    argsDigest: digestOf(args),
    effect,
    retryPolicy: 'payment',
    business: null,
    verdict,
    question,
    ruleInputs: canonicalJson(inputs),
    previews: false,
    refusal: null,
    ...plan.changes,
  };
  const deps = { database, verifier: plan.verifier ?? testVerifier(), log: silent };
  const calls = await offerGrants(deps, version, run, [judged]);
  const committed = await commitTurn(database, address, plainTurn(turn, { calls }));
  invariant(committed.kind === 'committed', 'the turn is committed');
  const [planned] = committed.calls;
  invariant(planned !== undefined, 'the call may be made');
  return { runId, address, callId: planned.callId, planned, args, requestedBy };
}

/** A run with one refund that is planned. */
export const plannedRun = async (database: Database, plan: Plan = {}): Promise<PlannedRun> =>
  planRefund(database, await openedRun(database, plan), plan);

/** One attempt of a worker at the refund, with the real check of authority. */
export async function attempt(
  database: Database,
  run: Pick<PlannedRun, 'runId' | 'callId' | 'args' | 'requestedBy'>,
  verifier: Verifier = testVerifier(),
): Promise<Start> {
  const address = { tenantId: 'default', runId: run.runId };
  const call = await loadCall(database, address, run.callId);
  invariant(call !== null, 'a planned call has a row');
  const version = await findVersion(database, 'default', call.agent, call.agentVersion);
  const spec = version?.spec.tools.find(({ name }) => name === call.tool);
  invariant(version !== null && spec !== undefined, 'its version has the tool');
  const history = {
    argsDigest: digestOf(run.args),
    agentVersion: version.digest,
    requestedBy: run.requestedBy,
  };
  const terms = attemptTerms(verifier, { runId: run.runId, call, history, version, spec });
  return startCall(database, address, run.callId, terms);
}
