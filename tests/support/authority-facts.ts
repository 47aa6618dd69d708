/** What Postgres says of an approved refund of 1,250.00 EUR, with votes signed as gateways sign them. */
import type { AuthorityTerms } from '../../activities/authority.js';
import { judge } from '../../activities/judge.js';
import type { AgentSpec, PolicyRule, ToolSpec } from '../../contracts/agent.js';
import type { ApprovalId, CallId, DecisionId, RunId } from '../../contracts/ids.js';
import type { VoteBody } from '../../contracts/voting.js';
import { ruleDefaults } from '../../policy/rules.js';
import { canonicalJson, digestOf, effectKeyOf } from '../../runtime/digest.js';
import { createSigner, createVerifier, newPrivateKey, type Signer } from '../../runtime/signing.js';
import type { AuthorityFacts } from '../../store/authority.js';
import type { VoteRow } from '../../store/votes.js';

export const runId = 'run_1' as RunId;
const approvalId = 'apr_1' as ApprovalId;
export const effectKey = effectKeyOf('default', runId, 1, 'issue_refund');
export const gateway = createSigner(newPrivateKey());
export const stranger = createSigner(newPrivateKey());

export const spec = { name: 'issue_refund', description: 'Refunds.', effect: 'keyed' } as ToolSpec;
export const large: PolicyRule = {
  ...ruleDefaults,
  id: 'large',
  when: 'args.amountCents > 50000',
  decision: 'ask',
  reason: 'It is a lot.',
  approvers: ['finance'],
  quorum: 2,
};
export const small: PolicyRule = { ...large, id: 'small', when: 'true', approvers: [], quorum: 1 };
export const agent = {
  name: 'refund-desk',
  policy: [large, small],
  tools: [spec],
} as unknown as AgentSpec;
export const version = { digest: digestOf(agent), spec: agent };
export const ruleDigest = (rule: PolicyRule) => digestOf(rule);

export const planned = { orderId: '44', amountCents: 125_000 };
export const edited = { orderId: '44', amountCents: 100_000 };
const judgedRun = {
  runId,
  requestedBy: 'otto',
  turn: 1,
  spentMicrosUsd: 0,
  isTainted: false,
  at: '2026-11-28T12:00:00.000Z',
};
const history = {
  argsDigest: digestOf(planned),
  agentVersion: version.digest,
  requestedBy: 'otto',
};

export function terms(changes: Partial<AuthorityTerms> = {}): AuthorityTerms {
  const verifier = createVerifier([{ keyId: gateway.keyId, key: gateway.publicKey }]);
  const { args = planned } = changes;
  const argsDigest = digestOf(args);
  return { verifier, judge, version, spec, history, judgedRun, args, argsDigest, ...changes };
}

interface Cast {
  readonly by: string;
  readonly decision?: VoteBody['decision'];
  readonly args?: typeof planned;
  readonly seen?: typeof planned;
  readonly round?: number;
  readonly rule?: PolicyRule;
  readonly signer?: Signer;
  readonly labels?: readonly string[];
}

/** A vote as the gateway signs and stores it. */
export function cast(its: Cast): VoteRow {
  const { by, decision = 'approve', args = planned, seen = args, round = 1 } = its;
  const body: VoteBody = {
    tenantId: 'default',
    runId,
    approvalId,
    decisionId: `dec_${by}_${round}` as DecisionId,
    effectKey,
    agentVersion: version.digest,
    toolDigest: digestOf(spec),
    ruleDigest: ruleDigest(its.rule ?? large),
    argsDigest: digestOf(args),
    seenDigest: digestOf(seen),
    decision,
    messageDigest: null,
    round,
    level: 0,
    by,
    at: '2026-11-28T11:59:00.000Z',
  };
  const { keyId, signature } = (its.signer ?? gateway).sign('vote', body);
  return {
    id: body.decisionId,
    approvalId,
    by,
    decision,
    round,
    level: 0,
    argsDigest: body.argsDigest,
    seenDigest: body.seenDigest,
    ruleDigest: body.ruleDigest,
    args: decision === 'edit' ? canonicalJson(args) : null,
    message: null,
    at: body.at,
    keyId,
    signature,
    roles: ['approver'],
    labels: its.labels ?? ['finance'],
  };
}

export function facts(
  votes: readonly VoteRow[],
  changes: Partial<AuthorityFacts['approval']> = {},
) {
  const approval = {
    id: approvalId,
    callId: 'call_1' as CallId,
    status: 'approved',
    effectKey,
    argsDigest: digestOf(planned),
    rule: 'large',
    ruleDigest: ruleDigest(large),
    round: 1,
    approvers: ['finance'],
    quorum: 2,
    level: 0,
    ...changes,
  };
  return {
    run: {
      id: runId,
      tenantId: 'default',
      agentVersion: version.digest,
      requestedBy: 'otto',
    },
    call: {
      id: 'call_1',
      tool: 'issue_refund',
      effect: 'keyed',
      verdict: 'ask',
      argsDigest: digestOf(planned),
    },
    approval,
    votes,
  } as unknown as AuthorityFacts;
}
