/** An approval: the question put to people about one call, and the decisions that answer it. */
import type { Verdict } from './call.js';
import type { ApprovalId, CallId, DecisionId, Digest, EffectKey, RunId } from './ids.js';
import type { Preview, PreviewState } from './preview.js';

export const approvalStatuses = [
  'pending',
  'approved',
  'rejected',
  'responded',
  'expired',
  'cancelled',
] as const;
export type ApprovalStatus = (typeof approvalStatuses)[number];

export const decisionKinds = ['approve', 'edit', 'reject', 'respond'] as const;
export type DecisionKind = (typeof decisionKinds)[number];

/** The status a final decision gives its approval. */
export const decidedStatus = {
  approve: 'approved',
  edit: 'approved',
  reject: 'rejected',
  respond: 'responded',
} as const satisfies Record<DecisionKind, ApprovalStatus>;

/** Who is asked from a time on, instead of those before. */
export interface EscalationStep {
  /** Since the question was put, in milliseconds. */
  readonly afterMs: number;
  readonly approvers: readonly string[];
  readonly quorum: number;
}

/** What a rule demands of a question, and what it says of itself. */
export interface Question {
  /** The rule that asks, or `default-read` or `default-effect`. */
  readonly rule: string;
  /** The digest of the rule's content: what a vote was given under. */
  readonly ruleDigest: Digest;
  readonly reason: string;
  /** Roles or labels of the people who may decide; any approver when empty. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly requesterMayDecide: boolean;
  readonly editorMayDecide: boolean;
  readonly allowedDecisions: readonly DecisionKind[];
  readonly expiresInMs: number;
  readonly onExpiry: 'reject' | 'escalate';
  readonly escalation: readonly EscalationStep[];
  /** How long after the decision it may first be carried out; null for ever. */
  readonly executeWithinMs: number | null;
  readonly undoWindowMs: number;
}

/**
 * The question about a call that its rule alone would not ask about in this way. Where the rule
 * needs nobody's consent, whoever asked for the run may answer.
 */
export const questionAnyway = (
  verdict: Verdict,
  question: Question,
  rule: string,
  reason: string,
): Question => ({
  ...question,
  rule,
  reason,
  requesterMayDecide: question.requesterMayDecide || verdict === 'allow',
});

/** One person's answer, on the wire. */
export interface DecisionView {
  readonly id: DecisionId;
  readonly by: string;
  readonly decision: DecisionKind;
  readonly args?: unknown;
  readonly message?: string;
  readonly at: string;
  /** It counts no more: the arguments were changed after it, or its author was revoked. */
  readonly void?: boolean;
}

/** An approval on the wire (DESIGN §11). */
export interface ApprovalView {
  readonly id: ApprovalId;
  readonly runId: RunId;
  readonly callId: CallId;
  readonly effectKey: EffectKey | null;
  readonly tool: string;
  readonly title: string;
  readonly args: unknown;
  readonly originalArgs: unknown;
  readonly argsSchema: unknown;
  readonly argsDigest: Digest;
  /** Grows with each edit; votes of earlier rounds are void. */
  readonly round: number;
  readonly rule: string;
  readonly reason: string;
  /** The rule's condition, and what it saw; null for what the product itself asks. */
  readonly because: { readonly when: string | null; readonly inputs: unknown };
  readonly allowedDecisions: readonly DecisionKind[];
  /** Those who are asked now: an escalation changes them. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  /** Votes that count so far. */
  readonly counted: number;
  readonly level: number;
  readonly escalation: readonly (EscalationStep & { readonly at: string })[];
  readonly preview: {
    readonly state: PreviewState;
    readonly now: Preview | null;
    /** It was looked up for the arguments before people changed them. */
    readonly isOfEarlierArgs?: true;
    /** What was shown before the world changed and it was asked again. */
    readonly earlier: Preview | null;
  };
  readonly status: ApprovalStatus;
  readonly decisions: readonly DecisionView[];
  readonly viewer: {
    readonly canDecide: boolean;
    readonly canWithdraw: boolean;
    readonly why: string;
  };
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly closedAt: string | null;
  /** Until then a yes can be taken back; null where it can't be. */
  readonly executableAt: string | null;
  readonly withdrawn: { readonly by: string; readonly at: string } | null;
  readonly onExpiry: 'reject' | 'escalate';
  readonly links: {
    readonly self: string;
    readonly run: string;
    readonly console: string;
    readonly decisions: string;
    readonly withdrawal: string;
  };
}
