/** The signatures between workflow and activities: one object in, one object out, ids and verdicts only. */
import type { AgentLimits } from './agent.js';
import type { ApprovalId, CallId, Digest, EffectKey, RunId } from './ids.js';
import type { EffectClass } from './effect.js';
import type { FailureCode } from './failure.js';
import type { RetryPolicyName } from './retry-policies.js';
import type { FinalStatus } from './run.js';
import type { Verdict } from './call.js';

/** What the workflow is started with. */
export interface AgentRunInput {
  readonly runId: RunId;
  /** After this many events the run goes on in a fresh history; `historyEvents` when absent. */
  readonly historyEventsPerRun?: number;
}

export type OpenRunResult =
  | {
      readonly kind: 'opened';
      readonly agent: string;
      readonly limits: AgentLimits;
      /** What the run is pinned to and who asked for it: held against Postgres from here on. */
      readonly agentVersion: Digest;
      readonly requestedBy: string;
    }
  /** Cancelled before it began, or finished: there is nothing to do. */
  | { readonly kind: 'over'; readonly status: FinalStatus }
  /** Another workflow carries this run. */
  | { readonly kind: 'refused'; readonly code: FailureCode };

/** A question that a call waits for. Time is what remains by Postgres's clock. */
export interface AskedApproval {
  readonly approvalId: ApprovalId;
  readonly remainingMs: number;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly approvers: readonly string[];
  /** Its tool is to be asked what the call will do. */
  readonly previews?: true;
}

/** One call that the model planned, as the workflow needs to know it. */
export interface PlannedCall {
  readonly callId: CallId;
  readonly tool: string;
  readonly verdict: Verdict;
  readonly effect: EffectClass;
  readonly retryPolicy: RetryPolicyName;
  /** Made of fields declared public: the line shown in Temporal's Web UI, where it is escaped. */
  readonly summary: string;
  readonly argsDigest: Digest;
  readonly approval: AskedApproval | null;
}

export type TakeTurnResult =
  | {
      readonly kind: 'committed';
      readonly turn: number;
      /** The model gave its answer: the run is complete. */
      readonly isFinal: boolean;
      /** The calls that may be made; those denied have their outcome already. */
      readonly calls: readonly PlannedCall[];
      readonly costMicrosUsd: number | null;
    }
  /** The run can't go on: the model refused, or a limit is reached. */
  | { readonly kind: 'ended'; readonly code: FailureCode }
  /** The run is being cancelled; nothing was committed. */
  | { readonly kind: 'cancelled' };

export type CallResult =
  | { readonly kind: 'finished' }
  /** People said yes: its tool may start. */
  | { readonly kind: 'approved' }
  /** Nobody has decided, whatever a signal said. */
  | { readonly kind: 'undecided'; readonly remainingMs: number }
  /** Allowed when it was planned, to be asked now. */
  | { readonly kind: 'needs-approval'; readonly approval: AskedApproval }
  /** Its effect may or may not have happened: a person must say. */
  | { readonly kind: 'parked'; readonly effectKey: EffectKey };

export interface ToolActivityInput {
  readonly runId: RunId;
  readonly callId: CallId;
  /** What history says of the call; absent in a history that began before it was kept there. */
  readonly recorded?: {
    readonly argsDigest: Digest;
    readonly agentVersion: Digest;
    readonly requestedBy: string;
  };
}

/** The activities of every run. Each tool is one more, named as the tool is. */
export interface RunActivities {
  /** Binds the engine's run to the row and says what the run may use. */
  openRun(input: { runId: RunId; firstExecutionRunId: string }): Promise<OpenRunResult>;
  /** One model call, committed once. */
  takeTurn(input: { runId: RunId; turn: number }): Promise<TakeTurnResult>;
  /** Reads what became of a question, and closes it when it has expired. */
  settleApproval(input: {
    runId: RunId;
    callId: CallId;
    approvalId: ApprovalId;
  }): Promise<CallResult>;
  /** Asks the tool of a question what its call will do, and keeps that with the question. */
  previewCall(input: { runId: RunId; callId: CallId; approvalId: ApprovalId }): Promise<void>;
  /** Gives a call its outcome after its activity ended without one, or after a person's word. */
  settleCall(input: { runId: RunId; callId: CallId; code: FailureCode }): Promise<CallResult>;
  /** Records that the engine was asked to cancel the run, and withdraws its open questions. */
  stopRun(input: { runId: RunId }): Promise<void>;
  /** Writes the end of the run: its final event, its output or failure. */
  closeRun(input: { runId: RunId; status: FinalStatus; code: FailureCode | null }): Promise<void>;
}
