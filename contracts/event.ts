/** The numbered facts of a run. The table is closed: an event is one of these or does not exist. */
import type { ApprovalId, CallId, DecisionId, Digest, EffectKey, GrantId, RunId } from './ids.js';
import type { PreviewState } from './preview.js';
import type { CallOutcome, Verdict } from './call.js';
import type { DecisionKind } from './approval.js';
import type { EffectClass, Resolution } from './effect.js';

/** What each event says. Content that only the run's readers may see is allowed; secrets are not. */
export interface EventData {
  'run-created': { agent: string; version: Digest; by: string };
  'run-started': { firstRunId: string };
  'turn-committed': {
    turn: number;
    model: string;
    calls: number;
    text: string;
    inputTokens: number;
    outputTokens: number;
    costMicrosUsd: number | null;
  };
  'turn-retrying': { turn: number; attempt: number; code: string; until: string | null };
  /** From here on the model is sent a summary in the place of what came before. */
  'conversation-compacted': {
    epoch: number;
    turn: number;
    coversTurns: number;
    /** `overflow`: the model could not take it any more. */
    trigger: 'budget' | 'overflow';
    /** Who wrote the summary; null where none could. */
    model: string | null;
    costMicrosUsd: number | null;
  };
  /** From here on the run asks the next model of its chain. */
  'model-switched': { turn: number; from: string; to: string; code: string };
  'call-planned': {
    callId: CallId;
    tool: string;
    title: string;
    verdict: Verdict;
    rule: string;
    argsDigest: Digest;
    /** The standing grant that it is made under. */
    grantId?: GrantId;
  };
  'approval-requested': {
    approvalId: ApprovalId;
    callId: CallId;
    title: string;
    rule: string;
    reason: string;
    approvers: readonly string[];
    expiresAt: string;
  };
  'approval-decided': {
    approvalId: ApprovalId;
    callId: CallId;
    decisionId: DecisionId;
    decision: DecisionKind;
    by: string;
    message: string | null;
    /** Until then it can be taken back. */
    executableAt?: string;
  };
  /** A vote that is not the last one that is needed. */
  'approval-voted': {
    approvalId: ApprovalId;
    callId: CallId;
    decisionId: DecisionId;
    by: string;
    counted: number;
    quorum: number;
  };
  /** The arguments were changed: votes before that are void. */
  'approval-edited': {
    approvalId: ApprovalId;
    callId: CallId;
    decisionId: DecisionId;
    by: string;
    round: number;
    argsDigest: Digest;
    rule: string;
    counted: number;
    quorum: number;
  };
  'approval-escalated': {
    approvalId: ApprovalId;
    callId: CallId;
    level: number;
    approvers: readonly string[];
    quorum: number;
  };
  'approval-reminded': { approvalId: ApprovalId; callId: CallId; requestedAt: string };
  'approval-previewed': { approvalId: ApprovalId; callId: CallId; state: PreviewState };
  'approval-withdrawn': { approvalId: ApprovalId; callId: CallId; by: string };
  /** People had said yes, and what they had been shown is true no more: they are asked again. */
  'approval-stale': { approvalId: ApprovalId; callId: CallId };
  /** A yes that does not hold any more, as when a voter was revoked: people are asked again. */
  'approval-lapsed': { approvalId: ApprovalId; callId: CallId; why: string };
  /** What stands in Postgres does not fit what was signed. Nothing was sent. */
  'tampering-found': {
    callId: CallId;
    approvalId: ApprovalId | null;
    findings: readonly string[];
  };
  'grant-used': { callId: CallId; grantId: GrantId; used: number; uses: number };
  'grant-freed': { callId: CallId; grantId: GrantId };
  'run-tainted': { callId: CallId; tool: string };
  'approval-expired': { approvalId: ApprovalId; callId: CallId };
  'approval-cancelled': { approvalId: ApprovalId; callId: CallId };
  'call-started': { callId: CallId; tool: string; attempt: number };
  'call-retrying': { callId: CallId; attempt: number; code: string; until: string | null };
  'effect-dispatched': {
    key: EffectKey;
    callId: CallId;
    class: EffectClass;
    fence: number;
    argsDigest: Digest;
  };
  'effect-confirmed': { key: EffectKey; callId: CallId; externalRef: string | null };
  'effect-failed': { key: EffectKey; callId: CallId; code: string };
  'effect-unknown': { key: EffectKey; callId: CallId; code: string };
  'effect-parked': { key: EffectKey; callId: CallId; code: string };
  /** What a search for a lost effect taught. */
  'effect-searched': {
    key: EffectKey;
    callId: CallId;
    finding: 'found' | 'absent' | 'inconclusive';
  };
  /** Its call ended before it was ever sent. */
  'effect-absent': { key: EffectKey; callId: CallId };
  /** An attempt that was given up came back: what it says changes nothing, and may matter to a person. */
  'effect-late-result': {
    key: EffectKey;
    callId: CallId;
    fence: number;
    outcome: 'done' | 'refused' | 'not-sent' | 'unknown';
    externalRef: string | null;
  };
  /** Nobody has answered for so long. */
  'effect-reminded': { key: EffectKey; callId: CallId; parkedAt: string };
  /** Answered with what an earlier call of the same business key did. */
  'call-deduplicated': { callId: CallId; firstCallId: CallId; firstRunId: RunId };
  'effect-resolved': {
    key: EffectKey;
    callId: CallId;
    outcome: Resolution;
    by: string;
    message: string;
  };
  'call-finished': { callId: CallId; tool: string; outcome: CallOutcome; reason: string | null };
  'run-reset': { engineRunId: string; reason: string | null };
  'delivery-retried': { delivery: string; by: string };
  'cancel-requested': { by: string; reason: string | null };
  'run-completed': { output: unknown };
  'run-failed': { code: string; message: string };
  'run-cancelled': { message: string; reason: string | null };
}

export type EventType = keyof EventData;

/** The types in the order a reader is likely to meet them. */
export const eventTypes = [
  'run-created',
  'run-started',
  'turn-committed',
  'turn-retrying',
  'model-switched',
  'conversation-compacted',
  'call-planned',
  'approval-requested',
  'approval-previewed',
  'approval-voted',
  'approval-edited',
  'approval-escalated',
  'approval-reminded',
  'approval-decided',
  'approval-withdrawn',
  'approval-stale',
  'approval-lapsed',
  'approval-expired',
  'approval-cancelled',
  'call-started',
  'call-retrying',
  'grant-used',
  'grant-freed',
  'tampering-found',
  'run-tainted',
  'effect-dispatched',
  'effect-confirmed',
  'effect-failed',
  'effect-unknown',
  'effect-searched',
  'effect-absent',
  'effect-parked',
  'effect-late-result',
  'effect-reminded',
  'effect-resolved',
  'call-deduplicated',
  'call-finished',
  'run-reset',
  'delivery-retried',
  'cancel-requested',
  'run-completed',
  'run-failed',
  'run-cancelled',
] as const satisfies readonly EventType[];

/**
 * The event of each end. Only what is said of a parked effect can still follow it, by a person, a
 * reminder, or an attempt that was given up.
 */
export const finalEvents = {
  completed: 'run-completed',
  failed: 'run-failed',
  cancelled: 'run-cancelled',
} as const satisfies Record<string, EventType>;

/** An event that is about to be appended; `key` is unique in its run, so a repeat appends nothing. */
export type NewEvent = {
  [Type in EventType]: {
    readonly type: Type;
    readonly key: string;
    readonly data: EventData[Type];
  };
}[EventType];

/** An event on the wire. `seq` starts at 1 and has no gaps. */
export interface EventView {
  readonly runId: RunId;
  readonly seq: number;
  readonly type: EventType;
  readonly at: string;
  readonly data: unknown;
}
