/** A call: one tool call of one turn, its states, its outcome and its wire shape. */
import type { ApprovalId, CallId, Digest, EffectKey, GrantId, RunId } from './ids.js';
import type { EffectClass } from './effect.js';

/** What the policy says of a call. */
export type Verdict = 'allow' | 'ask' | 'deny';

/** `planned` may start; `asking` waits for people; `parked` waits for a person's word on its effect. */
export const callStates = ['planned', 'asking', 'running', 'parked', 'finished'] as const;
export type CallState = (typeof callStates)[number];

/**
 * How a finished call ended. `responded`: a person answered in its place. `tampered`: what stands in
 * Postgres does not fit what was signed. The model reads everything but `succeeded`, `rejected` and
 * `responded` as an error.
 */
export const callOutcomes = [
  'succeeded',
  'failed',
  'denied',
  'rejected',
  'responded',
  'tampered',
  'expired',
  'cancelled',
  'unavailable',
] as const;
export type CallOutcome = (typeof callOutcomes)[number];

/** An attempt that failed and will be made again: why, which, and when. */
export interface RetryNote {
  /** A code of `contracts/failure.ts`. */
  readonly code: string;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** RFC 3339. */
  readonly since: string;
  /** RFC 3339: when the next attempt starts; null when that is the engine's choice. */
  readonly until: string | null;
}

/** A call on the wire. */
export interface CallView {
  readonly id: CallId;
  readonly runId: RunId;
  readonly turn: number;
  readonly seq: number;
  readonly tool: string;
  readonly title: string;
  readonly args: unknown;
  readonly argsDigest: Digest;
  readonly effect: EffectClass;
  readonly effectKey: EffectKey | null;
  /** The effect that it takes back. */
  readonly undoes: EffectKey | null;
  readonly approvalId: ApprovalId | null;
  readonly verdict: Verdict;
  readonly rule: string;
  readonly reason: string;
  /** The standing grant that it is made under. */
  readonly grantId: GrantId | null;
  readonly state: CallState;
  readonly outcome: CallOutcome | null;
  readonly result: unknown;
  readonly attempts: number;
  readonly retry: RetryNote | null;
  readonly plannedAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}
