/** What a run's workflow knows, wants and learns: Run, Intent and Fact. All of it is JSON. */
import type {
  AskedApproval,
  CallResult,
  OpenRunResult,
  PlannedCall,
  TakeTurnResult,
} from '../contracts/activities.js';
import type { AgentLimits } from '../contracts/agent.js';
import type { FailureCode } from '../contracts/failure.js';
import type { ApprovalId, CallId, Digest, EffectKey, RunId } from '../contracts/ids.js';
import { defaultAgentLimits } from '../contracts/limits.js';
import type { FinalStatus } from '../contracts/run.js';

/** A signal about a question: where to look, not what is true. */
export interface Hint {
  readonly approvalId: ApprovalId;
  readonly decisionId: string;
  readonly isApproval: boolean;
}

/** A call of the current turn that has no outcome yet. */
export interface OpenCall {
  readonly planned: PlannedCall;
  /**
   * `ready` may start; `asking` waits for people; `lost` ended without its row; `parked` waits for
   * a person's word on its effect.
   */
  readonly step: 'ready' | 'asking' | 'lost' | 'parked';
  /** With `previews` until its tool has been asked what the call will do. */
  readonly approval: AskedApproval | null;
  /** The expiry timer has fired: ask Postgres. */
  readonly isDue: boolean;
  /** Kept while an activity of this call is in flight, looked at when it returns. */
  readonly hints: readonly Hint[];
  /** The hint that the activity in flight looks at. */
  readonly lookedAt: string | null;
  /** Why it was lost. */
  readonly code: FailureCode | null;
  readonly effectKey: EffectKey | null;
  /** Someone says that the parked effect has its answer. */
  readonly isAnswered: boolean;
}

export interface Run {
  readonly runId: RunId;
  readonly agent: string | null;
  /** What it is pinned to, and who asked for it; null in a history that began without them. */
  readonly agentVersion: Digest | null;
  readonly requestedBy: string | null;
  readonly limits: AgentLimits;
  readonly step: 'opening' | 'running' | 'closed';
  /** The last turn that was committed. */
  readonly turn: number;
  readonly calls: readonly OpenCall[];
  /** Hints about questions that the workflow has not heard of yet. */
  readonly earlyHints: readonly Hint[];
  /** How the run is to end, once nothing is in flight. */
  readonly end: { readonly status: FinalStatus; readonly code: FailureCode | null } | null;
  /** `requested` by someone, then `recorded` in Postgres. */
  readonly cancel: 'none' | 'requested' | 'recorded';
  /** The intents that are being performed, by key. */
  readonly inFlight: Readonly<Record<string, InFlight>>;
}

export interface InFlight {
  readonly isAbortable: boolean;
  /** When it began, in milliseconds of the workflow's time. */
  readonly sinceMs: number;
}

/** What is to be done next. Two intents of one key are never in flight together. */
export type Intent = { readonly key: string; readonly isAbortable: boolean } & (
  | { readonly kind: 'open-run' }
  | { readonly kind: 'take-turn'; readonly turn: number }
  | { readonly kind: 'run-tool'; readonly call: PlannedCall }
  | { readonly kind: 'await-expiry'; readonly call: PlannedCall; readonly approval: AskedApproval }
  | {
      readonly kind: 'settle-approval';
      readonly call: PlannedCall;
      readonly approval: AskedApproval;
    }
  /** Asks its tool what the call will do. */
  | { readonly kind: 'preview-call'; readonly call: PlannedCall; readonly approval: AskedApproval }
  | { readonly kind: 'settle-call'; readonly call: PlannedCall; readonly code: FailureCode }
  | { readonly kind: 'stop-run' }
  | {
      readonly kind: 'close-run';
      readonly status: FinalStatus;
      readonly code: FailureCode | null;
    }
);

/** What was learned: from an intent that is over (`key`), or from outside. */
export type Fact =
  | { readonly kind: 'run-opened'; readonly key: string; readonly result: OpenRunResult }
  | { readonly kind: 'turn-taken'; readonly key: string; readonly result: TakeTurnResult }
  | { readonly kind: 'turn-failed'; readonly key: string; readonly code: FailureCode }
  | {
      readonly kind: 'call-answered';
      readonly key: string;
      readonly callId: CallId;
      readonly result: CallResult;
    }
  | {
      readonly kind: 'call-lost';
      readonly key: string;
      readonly callId: CallId;
      readonly code: FailureCode;
    }
  | { readonly kind: 'expiry-due'; readonly key: string; readonly callId: CallId }
  | { readonly kind: 'expiry-dropped'; readonly key: string }
  /** Whatever came of it: the question's row says. */
  | {
      readonly kind: 'call-previewed';
      readonly key: string;
      readonly callId: CallId;
      readonly approvalId: ApprovalId;
    }
  | { readonly kind: 'run-stopped'; readonly key: string }
  | { readonly kind: 'run-closed'; readonly key: string }
  | { readonly kind: 'approval-hinted'; readonly hint: Hint }
  | { readonly kind: 'effect-hinted'; readonly callId: CallId }
  | { readonly kind: 'cancel-requested' };

/** A run of which nothing is known yet. */
export const newRun = (runId: RunId): Run => ({
  runId,
  agent: null,
  agentVersion: null,
  requestedBy: null,
  limits: defaultAgentLimits,
  step: 'opening',
  turn: 0,
  calls: [],
  earlyHints: [],
  end: null,
  cancel: 'none',
  inFlight: {},
});
