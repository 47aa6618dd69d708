/**
 * Whether exactly this may be done (P4): what Postgres says, held against what the engine's history
 * holds and what the gateways signed. Whoever writes to Postgres, or reaches Temporal, cannot make it.
 */
import type { AgentVersion, ToolSpec } from '../contracts/agent.js';
import type { Digest } from '../contracts/ids.js';
import { countVotes, demandOf, levelOf, type VoteBody } from '../contracts/voting.js';
import type { JudgedRun, PolicyInputs } from '../policy/inputs.js';
import type { Judge } from '../policy/judge.js';
import { mayDecide } from '../policy/may-decide.js';
import type { PolicyJudgement } from '../policy/rules.js';
import { digestOf, effectKeyOf } from '../runtime/digest.js';
import type { Verification, Verifier } from '../runtime/signing.js';
import type { AuthorityFacts, AuthorityVerdict, RecordedInHistory } from '../store/authority.js';
import type { ApprovalRow } from '../store/approval-rows.js';
import type { VoteRow } from '../store/votes.js';
import { coverOfUse } from './grant-cover.js';

/** What is held against Postgres. */
export interface AuthorityTerms {
  readonly verifier: Verifier;
  readonly judge: Judge;
  /** Pinned, and compared with the digest that history holds. */
  readonly version: AgentVersion;
  readonly spec: ToolSpec;
  readonly history: RecordedInHistory;
  readonly judgedRun: JudgedRun;
  /** The arguments that are about to be sent. */
  readonly args: unknown;
  /** What Postgres said of them when they were read. */
  readonly argsDigest: Digest;
}

interface CheckedVote {
  readonly vote: VoteRow;
  readonly verification: Verification;
}

/** Decides whether exactly this may be done. Pure; never throws. */
export function checkAuthority(terms: AuthorityTerms, facts: AuthorityFacts): AuthorityVerdict {
  const { history, args } = terms;
  if (facts.call.argsDigest !== terms.argsDigest) return { kind: 'moved' };
  const actual = digestOf(args);
  const votes = facts.votes.map((vote) => checkVote(terms, facts, vote));
  const findings = [
    ...(facts.call.argsDigest === actual ? [] : ['arguments: they do not fit their digest']),
    ...(facts.run.agentVersion === history.agentVersion ? [] : ['policy: another agent version']),
    ...(facts.run.requestedBy === history.requestedBy ? [] : ['requester: another person']),
    ...votes
      .filter(({ verification }) => verification === 'invalid')
      .map(({ vote }) => `vote of ${vote.by}: it is not what was signed`),
    ...(isKnown(actual, history, votes) ? [] : ['arguments: nobody planned or signed these']),
  ];
  if (findings.length > 0) return { kind: 'tampered', findings };
  return checkPeople(terms, facts, votes, actual);
}

function checkVote(
  { verifier, history, spec }: AuthorityTerms,
  { run, approval }: AuthorityFacts,
  vote: VoteRow,
): CheckedVote {
  const { keyId, signature, ruleDigest } = vote;
  if (keyId === null || signature === null || ruleDigest === null || approval === undefined) {
    return { vote, verification: 'unknown-key' };
  }
  const isEditOfThese = vote.args === null || digestOf(JSON.parse(vote.args)) === vote.argsDigest;
  if (!isEditOfThese) return { vote, verification: 'invalid' };
  const body: VoteBody = {
    tenantId: run.tenantId,
    runId: run.id,
    approvalId: vote.approvalId,
    decisionId: vote.id,
    effectKey: approval.effectKey,
    agentVersion: history.agentVersion,
    toolDigest: digestOf(spec),
    ruleDigest,
    argsDigest: vote.argsDigest,
    seenDigest: vote.seenDigest,
    decision: vote.decision,
    messageDigest: vote.message === null ? null : digestOf(vote.message),
    round: vote.round,
    level: vote.level,
    by: vote.by,
    at: vote.at,
  };
  return { vote, verification: verifier.verify('vote', body, { keyId, signature }) };
}

/** Planned by the model, or made of that by signed edits, one after the other. */
function isKnown(
  actual: Digest,
  { argsDigest }: RecordedInHistory,
  votes: readonly CheckedVote[],
): boolean {
  const known = new Set<Digest | null>([argsDigest]);
  for (const { vote } of votes) {
    if (vote.decision === 'edit' && known.has(vote.seenDigest)) known.add(vote.argsDigest);
  }
  return known.has(actual);
}

function checkPeople(
  terms: AuthorityTerms,
  facts: AuthorityFacts,
  votes: readonly CheckedVote[],
  actual: Digest,
): AuthorityVerdict {
  const { approval, call } = facts;
  const { judge, version, judgedRun, args } = terms;
  const tool = { name: call.tool, effect: call.effect };
  const { judgement, inputs } = judge(version, judgedRun, tool, args);
  if (approval === undefined) return checkUnasked(terms, facts, judgement, { ...inputs, args });
  const demand = demandOf(judgement);
  const own = votes.filter(({ vote }) => vote.approvalId === approval.id);
  const isOfThese = ({ vote }: CheckedVote): boolean =>
    vote.argsDigest === actual && vote.ruleDigest === demand.ruleDigest;
  const round = Math.max(0, ...own.map(({ vote }) => vote.round));
  const counting = own.filter((vote) => isOfThese(vote) && vote.vote.round === round);
  const level = levelOf(demand, Math.max(0, ...counting.map(({ vote }) => vote.level)));
  const findings = rowFindings({ approval, own, demand, actual });
  if (findings.length > 0) return { kind: 'tampered', findings };
  const { editorMayDecide, requesterMayDecide } = demand;
  const asked = {
    approvers: level.approvers,
    requesterMayDecide,
    requestedBy: terms.history.requestedBy,
  };
  const isEligible = (by: string): boolean => {
    const vote = counting.find((each) => each.vote.by === by)?.vote;
    const { roles = null, labels = null } = vote ?? {};
    if (roles === null || labels === null) return false;
    return mayDecide({ id: by, tenantId: facts.run.tenantId, roles, labels }, asked).canDecide;
  };
  const countOf = (among: readonly CheckedVote[], eligible: (by: string) => boolean): number => {
    const cast = among.map(({ vote }) => vote);
    return countVotes(cast, { round, editorMayDecide, isEligible: eligible }).length;
  };
  const valid = counting.filter(({ verification }) => verification === 'valid');
  if (countOf(valid, isEligible) >= level.quorum) return { kind: 'holds' };
  // Enough were cast; some of them hold no more: a key that is trusted no longer, a person, a rule.
  const cast = own.filter(({ vote }) => vote.round === round);
  return countOf(cast, () => true) >= Math.min(level.quorum, approval.quorum)
    ? { kind: 'lapsed', why: whyLapsed(counting, valid, isEligible) }
    : { kind: 'tampered', findings: ['verdict: approved without the votes that it takes'] };
}

/** What nobody was asked about: its rule allows it, or a standing grant does. */
function checkUnasked(
  { verifier, version, spec }: AuthorityTerms,
  { run, call, grant }: AuthorityFacts,
  judgement: PolicyJudgement,
  inputs: PolicyInputs,
): AuthorityVerdict {
  if (call.verdict === 'ask') return { kind: 'lapsed', why: 'nobody was asked' };
  if (judgement.verdict === 'allow') return { kind: 'holds' };
  if (call.grantId === null) return { kind: 'lapsed', why: 'nobody was asked' };
  const { tenantId, taintedAt } = run;
  const isTainted = taintedAt !== null;
  const granted = { verifier, tenantId, version, spec, judgement, inputs, isTainted };
  const effectKey = effectKeyOf(tenantId, run.id, call.seq, call.tool);
  return coverOfUse(granted, { grant, use: call.use, effectKey });
}

function whyLapsed(
  counting: readonly CheckedVote[],
  valid: readonly CheckedVote[],
  isEligible: (by: string) => boolean,
): string {
  if (counting.length === 0) return 'another rule holds by now';
  if (valid.length < counting.length) return 'a key that signed a vote is not trusted any more';
  const gone = valid.find(({ vote }) => !isEligible(vote.by));
  return gone === undefined
    ? 'more votes are needed by now'
    : `${gone.vote.by} may not decide it any more`;
}

interface Rows {
  readonly approval: ApprovalRow;
  readonly own: readonly CheckedVote[];
  readonly demand: ReturnType<Judge>['judgement'];
  readonly actual: Digest;
}

/** What the question's row says against what was signed and what the pinned rules demand. */
function rowFindings({ approval, own, demand, actual }: Rows): readonly string[] {
  const isNo = ({ vote, verification }: CheckedVote): boolean =>
    verification === 'valid' && (vote.decision === 'reject' || vote.decision === 'respond');
  const no = own.find(isNo);
  const isSameRule = approval.ruleDigest === demand.ruleDigest;
  const level = levelOf(demand, approval.level);
  const isSame = (left: readonly string[], right: readonly string[]): boolean =>
    left.length === right.length && left.every((each, at) => each === right[at]);
  const signedRules = own.map(({ vote }) => vote.ruleDigest);
  return [
    ...(approval.argsDigest === actual ? [] : ['arguments: the question is about others']),
    ...(no === undefined ? [] : [`verdict: ${no.vote.by} said no`]),
    ...(isSameRule || signedRules.includes(approval.ruleDigest)
      ? []
      : ['rule: the question names one that nobody voted under']),
    ...(isSameRule && approval.quorum !== level.quorum
      ? ['quorum: not what the rule demands']
      : []),
    ...(isSameRule && !isSame(approval.approvers, level.approvers)
      ? ['approvers: not those of the rule']
      : []),
  ];
}
