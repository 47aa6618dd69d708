/** An approval: the question put to people about one call, and the decisions that answer it. */
import type { Verdict } from './call.js';
import type { ApprovalId, CallId, DecisionId, Digest, RunId } from './ids.js';

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

/** What a rule demands of a question, and what it says of itself. */
export interface Question {
  /** The rule that asks, or `default-read` or `default-effect`. */
  readonly rule: string;
  readonly reason: string;
  /** Roles or labels of the people who may decide; any approver when empty. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly requesterMayDecide: boolean;
  readonly allowedDecisions: readonly DecisionKind[];
  readonly expiresInMs: number;
  /** How long after the decision it may first be carried out; null for ever. */
  readonly executeWithinMs: number | null;
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
  readonly void?: boolean;
}

/** An approval on the wire (DESIGN §11). */
export interface ApprovalView {
  readonly id: ApprovalId;
  readonly runId: RunId;
  readonly callId: CallId;
  readonly tool: string;
  readonly title: string;
  readonly args: unknown;
  readonly originalArgs: unknown;
  readonly argsSchema: unknown;
  readonly argsDigest: Digest;
  readonly rule: string;
  readonly reason: string;
  readonly allowedDecisions: readonly DecisionKind[];
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly status: ApprovalStatus;
  readonly decisions: readonly DecisionView[];
  readonly viewer: { readonly canDecide: boolean; readonly why: string };
  readonly requestedAt: string;
  readonly expiresAt: string;
  readonly onExpiry: 'reject' | 'escalate';
  readonly links: {
    readonly self: string;
    readonly run: string;
    readonly console: string;
    readonly decisions: string;
  };
}
