/** A run as every reader sees it: its closed set of statuses, what it waits for, its wire shape. */
import type { Digest, RunId } from './ids.js';

/** Every status a run can have. The set is closed: a new one does not compile until all tables know it. */
export const runStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'completed',
  'failed',
  'cancelled',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** The statuses that never change again. */
export const finalStatuses = ['completed', 'failed', 'cancelled'] as const satisfies RunStatus[];
export type FinalStatus = (typeof finalStatuses)[number];

/** Says whether a status is one of {@link finalStatuses}. */
export const isFinal = (status: RunStatus): status is FinalStatus =>
  (finalStatuses as readonly RunStatus[]).includes(status);

/** What people can do to a run. */
export type RunAction = 'cancel' | 'unwind';

/** In which statuses each action is possible: asked by the route, the console and the tests alike. */
export const runActions = {
  cancel: ['queued', 'running', 'waiting', 'paused'],
  unwind: ['completed', 'failed', 'cancelled'],
} as const satisfies Record<RunAction, readonly RunStatus[]>;

/** Says whether `action` is possible in `status`. */
export const canDo = (action: RunAction, status: RunStatus): boolean =>
  (runActions[action] as readonly RunStatus[]).includes(status);

export const waitKinds = [
  'approval',
  'message',
  'effect',
  'retry',
  'rate-limit',
  'budget',
  'dependency',
] as const;
export type WaitKind = (typeof waitKinds)[number];

/** The waits that end only when a person does something. So does every wait for an `operator`. */
export const personWaits: readonly WaitKind[] = ['approval', 'message', 'effect', 'budget'];

/** One thing a run waits for: who can end the wait, since and until when, and what happens then. */
export interface Wait {
  readonly kind: WaitKind;
  /** A role or label (`approver`, `finance`), a dependency (`temporal`, `worker`, `model`), or a tool. */
  readonly who: string;
  /** RFC 3339. */
  readonly since: string;
  /** RFC 3339, or null when only the one waited for can end it. */
  readonly until: string | null;
  /** What happens at `until`, or when the wait ends. */
  readonly then: string;
}

/** Why a run did not complete, in words for people and codes for programs. */
export interface RunFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly retryable: boolean;
}

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly costMicrosUsd: number;
  /** True while any turn was priced by an estimate or not at all. */
  readonly costEstimated: boolean;
  /** Model calls that came to nothing and were paid for, or may have been. */
  readonly lostAttempts: number;
  /** What of the cost they are. */
  readonly lostCostMicrosUsd: number;
}

/** A run on the wire (DESIGN §11). */
export interface RunView {
  readonly id: RunId;
  readonly agent: { readonly name: string; readonly version: Digest };
  readonly status: RunStatus;
  readonly waitingFor: readonly Wait[];
  readonly input: unknown;
  readonly output: unknown;
  readonly failure: RunFailure | null;
  readonly requestedBy: string;
  /** The run whose effects this one undoes. */
  readonly unwinds: RunId | null;
  /** The run that undoes the effects of this one. */
  readonly unwoundBy: RunId | null;
  readonly tags: readonly string[];
  readonly budget: unknown;
  readonly turns: number;
  readonly usage: Usage;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly cancelRequestedAt: string | null;
  readonly temporal: { readonly workflowId: RunId; readonly firstRunId: string | null };
  readonly links: {
    readonly self: string;
    readonly events: string;
    readonly console: string;
    readonly temporalUi: string | null;
  };
}
