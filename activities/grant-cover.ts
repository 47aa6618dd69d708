/**
 * Whether a standing grant covers a call (P4): asked when the call is planned, and again under the
 * lock right before it is sent. Believed are the pinned policy and what gateways signed.
 */
import type { AgentVersion, ToolSpec } from '../contracts/agent.js';
import type { GrantTerms, GrantVoteBody } from '../contracts/grant.js';
import type { EffectKey } from '../contracts/ids.js';
import { compileCondition } from '../policy/expression.js';
import type { PolicyInputs } from '../policy/inputs.js';
import { mayDecide } from '../policy/may-decide.js';
import type { PolicyJudgement } from '../policy/rules.js';
import { digestOf, sha256Hex } from '../runtime/digest.js';
import type { Verification, Verifier } from '../runtime/signing.js';
import type { GrantRow, GrantVoteRow, UseRow } from '../store/grants.js';

/** A call as a grant is held against it. */
export interface GrantedCall {
  readonly verifier: Verifier;
  readonly tenantId: string;
  /** Pinned, as its tool is. */
  readonly version: AgentVersion;
  readonly spec: ToolSpec;
  /** What the pinned rules say of exactly these arguments, and what they see. */
  readonly judgement: PolicyJudgement;
  readonly inputs: PolicyInputs;
  /** Whether the run has read what strangers wrote by now. */
  readonly isTainted: boolean;
}

export type Cover =
  | { readonly kind: 'holds' }
  /** The grant does not cover this, or not any more: people are asked. */
  | { readonly kind: 'lapsed'; readonly why: string }
  /** What stands in Postgres about the grant does not fit what was signed. */
  | { readonly kind: 'tampered'; readonly findings: readonly string[] };

interface CheckedVote {
  readonly vote: GrantVoteRow;
  readonly verification: Verification;
}

/** Whether the grant, as far as it was voted on, is leave for this call. Pure; never throws. */
export function coverOf(call: GrantedCall, grant: GrantRow): Cover {
  const votes = grant.votes.map((vote) => checkVote(call, grant, vote));
  const terms = termsOf(grant);
  const findings = [
    ...(terms === null ? ['grant: its terms do not fit their digest'] : []),
    ...(terms === null || isRowOf(terms, grant)
      ? []
      : ['grant: its row says other than its terms']),
    ...votes
      .filter(({ verification }) => verification === 'invalid')
      .map(({ vote }) => `grant: the vote of ${vote.by} is not what was signed`),
  ];
  if (terms === null || findings.length > 0) return { kind: 'tampered', findings };
  const mismatch = findMismatch(call, terms);
  return mismatch === null ? checkPeople(call, votes) : { kind: 'lapsed', why: mismatch };
}

/** What is known of the use that was reserved for a call, read under the lock. */
export interface HeldUse {
  readonly grant: GrantRow | undefined;
  readonly use: UseRow | null;
  /** Of the call that is about to be made. */
  readonly effectKey: EffectKey;
}

/** Whether the use that was reserved for this call still holds. Pure; never throws. */
export function coverOfUse(call: GrantedCall, { grant, use, effectKey }: HeldUse): Cover {
  if (grant === undefined) return { kind: 'lapsed', why: 'it is not known' };
  const cover = coverOf(call, grant);
  if (cover.kind === 'tampered') return cover;
  if (grant.used !== grant.taken || grant.used > grant.uses) {
    return { kind: 'tampered', findings: ['grant: its uses are not those that it counts'] };
  }
  const ended = endOf(grant);
  if (ended !== null) return { kind: 'lapsed', why: ended };
  if (use === null || use.grantId !== grant.id || use.effectKey !== effectKey) {
    return { kind: 'lapsed', why: 'no use of it is reserved for this' };
  }
  return cover;
}

function endOf({ isRevoked, isExpired, isActive }: GrantRow): string | null {
  if (isRevoked) return 'it was revoked';
  if (isExpired) return 'it has expired';
  return isActive ? null : 'it is not active';
}

function checkVote(
  { verifier, tenantId }: GrantedCall,
  { id: grantId, termsDigest }: GrantRow,
  vote: GrantVoteRow,
): CheckedVote {
  const { by, at, keyId, signature } = vote;
  const body: GrantVoteBody = { tenantId, grantId, termsDigest, by, at };
  return { vote, verification: verifier.verify('grant-vote', body, { keyId, signature }) };
}

/** What was voted on; null where the text is not what its digest was made of. */
function termsOf({ terms, termsDigest }: GrantRow): GrantTerms | null {
  if (sha256Hex(terms) !== termsDigest) return null;
  try {
    const read = JSON.parse(terms) as GrantTerms | null;
    return typeof read?.when === 'string' ? read : null;
  } catch {
    return null;
  }
}

const isRowOf = (terms: GrantTerms, row: GrantRow): boolean =>
  terms.agent === row.agent &&
  terms.tool === row.tool &&
  terms.rule === row.rule &&
  terms.uses === row.uses &&
  terms.expiresAt === row.expiresAt;

/** Why the terms are not about this call; null where they are. */
function findMismatch(call: GrantedCall, terms: GrantTerms): string | null {
  const { version, spec, judgement, inputs, isTainted } = call;
  if (terms.agent !== version.spec.name || terms.tool !== inputs.tool.name) {
    return 'it is for another agent or tool';
  }
  if (terms.toolDigest !== digestOf(spec)) return 'the tool is another one by now';
  if (terms.rule !== judgement.rule || terms.ruleDigest !== judgement.ruleDigest) {
    return 'another rule asks';
  }
  if (isTainted) return 'the run has read what strangers wrote';
  if (!asksByItself(call)) return 'its rule could not be evaluated';
  const answer = compileCondition(terms.when)(inputs);
  if (answer.kind === 'error') return `its condition could not be evaluated (${answer.code})`;
  return answer.holds ? null : 'its condition does not hold for this';
}

/** Whether the rule asks because it holds, and not because it could not be evaluated. */
function asksByItself({ version, judgement, inputs }: GrantedCall): boolean {
  const rule = version.spec.policy.find(({ id }) => id === judgement.rule);
  if (rule?.decision !== 'ask') return false;
  const answer = compileCondition(rule.when)(inputs);
  return answer.kind === 'answer' && answer.holds;
}

/** The approvers and the quorum are the rule's; who asked for the run counts only where it says so. */
function checkPeople(
  { tenantId, judgement, inputs }: GrantedCall,
  votes: readonly CheckedVote[],
): Cover {
  const { approvers, quorum, requesterMayDecide } = judgement;
  const asked = { approvers, requesterMayDecide, requestedBy: inputs.run.requester };
  const isEligible = ({ vote: { by, roles, labels } }: CheckedVote): boolean =>
    roles !== null &&
    labels !== null &&
    mayDecide({ id: by, tenantId, roles, labels }, asked).canDecide;
  const valid = votes.filter(({ verification }) => verification === 'valid');
  const counting = valid.filter(isEligible);
  if (peopleOf(counting) >= quorum) return { kind: 'holds' };
  if (peopleOf(votes) < quorum) {
    return { kind: 'tampered', findings: ['grant: active without the votes that it takes'] };
  }
  if (valid.length < votes.length) {
    return { kind: 'lapsed', why: 'a key that signed a vote is not trusted any more' };
  }
  const gone = valid.find((vote) => !isEligible(vote))?.vote.by ?? 'someone';
  const isRequester = gone === asked.requestedBy;
  return {
    kind: 'lapsed',
    why: isRequester
      ? `${gone} asked for this run, so the vote does not count for it`
      : `${gone} may not decide it any more`,
  };
}

const peopleOf = (votes: readonly CheckedVote[]): number =>
  new Set(votes.map(({ vote }) => vote.by)).size;
