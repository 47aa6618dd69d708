/** The signals of a run. A signal is a hint about where to look: Postgres alone decides. */
import type { ApprovalId, CallId, DecisionId, EffectKey } from './ids.js';
import type { ApprovalStatus } from './approval.js';

export const signalNames = {
  approvalDecided: 'approvalDecided',
  effectResolved: 'effectResolved',
} as const;
export type SignalName = keyof typeof signalNames;

/** An approval has its final outcome. */
export interface ApprovalDecidedSignal {
  readonly approvalId: ApprovalId;
  readonly decisionId: DecisionId;
  readonly verdict: Exclude<ApprovalStatus, 'pending'>;
}

/** A person has said what became of a parked effect. */
export interface EffectResolvedSignal {
  readonly effectKey: EffectKey;
  readonly callId: CallId;
}
