/** The law of votes (P4, P5): who is asked when, which votes count, and what a vote says. Pure. */
import type { DecisionKind, EscalationStep, Question } from './approval.js';
import type { Verdict } from './call.js';
import type { ApprovalId, DecisionId, Digest, EffectKey, RunId } from './ids.js';

/** Who is asked, and how many of them. */
export interface Level {
  /** 0 before any escalation. */
  readonly index: number;
  readonly approvers: readonly string[];
  readonly quorum: number;
}

interface Escalating {
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly escalation: readonly EscalationStep[];
}

/** Who is asked at a time: computed at each decision, so that no escalation depends on who ran. */
export function levelAt(asked: Escalating, requestedAt: string, now: string): Level {
  const elapsedMs = Date.parse(now) - Date.parse(requestedAt);
  const index = asked.escalation.filter(({ afterMs }) => elapsedMs >= afterMs).length;
  return levelOf(asked, index);
}

/** Who is asked at a level. */
export function levelOf(asked: Escalating, index: number): Level {
  const { approvers, quorum } = asked.escalation[index - 1] ?? asked;
  return { index, approvers, quorum };
}

/** How long a question is open at most, in milliseconds. */
export const openForMs = ({
  onExpiry,
  escalation,
  expiresInMs,
}: Pick<Question, 'onExpiry' | 'escalation' | 'expiresInMs'>): number =>
  onExpiry === 'escalate' ? (escalation.at(-1)?.afterMs ?? 0) + expiresInMs : expiresInMs;

/**
 * What a judgement demands of people before exactly this is done. What needs nobody's consent by
 * itself takes one person's where it is asked about anyway, and that may be who asked for the run.
 */
export const demandOf = <Judgement extends Question & { readonly verdict: Verdict }>(
  judgement: Judgement,
): Judgement =>
  judgement.verdict === 'allow' ? { ...judgement, quorum: 1, requesterMayDecide: true } : judgement;

/** A vote as far as it is counted by. */
export interface Vote {
  readonly by: string;
  readonly decision: DecisionKind;
  readonly round: number;
}

export interface Count {
  readonly round: number;
  readonly editorMayDecide: boolean;
  /** Whether this person may decide the question as it is asked now. */
  readonly isEligible: (by: string) => boolean;
}

/** The people whose votes count: each once, those of earlier rounds never. */
export function countVotes(
  votes: readonly Vote[],
  { round, editorMayDecide, isEligible }: Count,
): readonly string[] {
  const counting = votes.filter(
    (vote) =>
      vote.round === round &&
      (vote.decision === 'approve' || (vote.decision === 'edit' && editorMayDecide)) &&
      isEligible(vote.by),
  );
  return [...new Set(counting.map(({ by }) => by))];
}

/** What a vote says, word for word as it is signed. */
export type VoteBody = {
  readonly tenantId: string;
  readonly runId: RunId;
  readonly approvalId: ApprovalId;
  readonly decisionId: DecisionId;
  readonly effectKey: EffectKey;
  readonly agentVersion: Digest;
  readonly toolDigest: Digest;
  /** The rule that it was given under. */
  readonly ruleDigest: Digest;
  /** The arguments that it is about, and those that its author saw: they differ in an edit. */
  readonly argsDigest: Digest;
  readonly seenDigest: Digest | null;
  readonly decision: DecisionKind;
  readonly messageDigest: Digest | null;
  readonly round: number;
  readonly level: number;
  readonly by: string;
  /** Postgres's clock, RFC 3339. */
  readonly at: string;
};
