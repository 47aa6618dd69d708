/** A decision that is being judged, and what it is judged by: policy and keys, given from outside. */
import type { AgentVersion } from '../contracts/agent.js';
import type { DecisionKind, Question } from '../contracts/approval.js';
import type { Verdict } from '../contracts/call.js';
import type { EffectClass } from '../contracts/effect.js';
import type { ApprovalId, Digest, RunId } from '../contracts/ids.js';
import type { Principal } from '../contracts/principal.js';
import type { Signed } from '../contracts/statement.js';
import type { Level, VoteBody } from '../contracts/voting.js';
import type { ApprovalRow } from './approval-rows.js';
import type { OpenCallRow } from './calls.js';
import type { IdempotencyClaim } from './idempotency.js';
import type { RunTransaction } from './run-transaction.js';
import type { VoteRow } from './votes.js';

/** Whom a question is for. */
export interface DecidableQuestion {
  readonly approvers: readonly string[];
  readonly requesterMayDecide: boolean;
  readonly requestedBy: string;
}

/** What is asked of policy and keys, under the run's lock: pure and synchronous. */
export interface DecisionLaw {
  mayDecide(
    principal: Principal,
    question: DecidableQuestion,
  ): { readonly canDecide: boolean; readonly why: string };
  /** What is wrong with arguments by their schema; empty for those that can be made. */
  checkArguments(schema: Readonly<Record<string, unknown>>, args: unknown): readonly string[];
  judge(
    version: AgentVersion,
    run: {
      readonly runId: RunId;
      readonly requestedBy: string;
      readonly turn: number;
      readonly spentMicrosUsd: number;
      readonly isTainted: boolean;
      readonly at: string;
    },
    tool: { readonly name: string; readonly effect: EffectClass },
    args: unknown,
  ): { readonly judgement: Question & { readonly verdict: Verdict } };
  sign(body: VoteBody): Signed;
}

export interface NewDecision {
  readonly tenantId: string;
  readonly approvalId: ApprovalId;
  readonly principal: Principal;
  readonly decision: DecisionKind;
  /** The digest of the arguments that its author saw; needed to approve and to edit. */
  readonly argsDigest: Digest | null;
  /** What an edit makes of them. */
  readonly args: unknown;
  readonly message: string | null;
  readonly key: IdempotencyClaim | null;
  readonly law: DecisionLaw;
}

/** A decision with everything that it is judged by. */
export interface Judging {
  readonly transaction: RunTransaction;
  readonly approval: ApprovalRow;
  readonly call: OpenCallRow;
  readonly votes: readonly VoteRow[];
  readonly version: AgentVersion;
  readonly level: Level;
  readonly fresh: NewDecision;
}
