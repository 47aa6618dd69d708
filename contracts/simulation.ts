/** A simulation on the wire: what a policy would say of calls. Nothing is done, nothing is written. */
import type { Verdict } from './call.js';
import type { CallId, Digest, RunId } from './ids.js';

/** What a policy says of one call. */
export interface SimulatedOutcome {
  readonly verdict: Verdict;
  readonly rule: string;
  /** Roles or labels of those who are asked: any approver when empty, nobody with a quorum of 0. */
  readonly approvers: readonly string[];
  /** How many of them must agree; 0 where nobody is asked. */
  readonly quorum: number;
}

/** In what a question can differ from another about the same call. */
export const simulatedTerms = [
  'approvers',
  'quorum',
  'requesterMayDecide',
  'editorMayDecide',
  'allowedDecisions',
  'expiresInMs',
  'onExpiry',
  'escalation',
  'executeWithinMs',
  'undoWindowMs',
] as const;
export type SimulatedChange = 'verdict' | (typeof simulatedTerms)[number];

export interface SimulatedCall {
  /** Of a call in history. */
  readonly callId?: CallId;
  readonly runId?: RunId;
  readonly title?: string;
  readonly tool: string;
  readonly argsDigest: Digest;
  readonly before: SimulatedOutcome;
  readonly after: SimulatedOutcome;
  /** Another rule that says the same is no change. */
  readonly changed: boolean;
  readonly changes: readonly SimulatedChange[];
}

export interface SimulationSummary {
  readonly calls: number;
  readonly changed: number;
  readonly newlyAllowed: number;
  readonly newlyAsked: number;
  readonly newlyDenied: number;
  /** Asked before and after, of another number of people. */
  readonly quorumChanged: number;
  /** Calls of history that no rule ever judged, or that are too large to be tried. */
  readonly skipped: number;
}

export interface Simulation {
  readonly data: readonly SimulatedCall[];
  readonly summary: SimulationSummary;
}
