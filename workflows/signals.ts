/** Signals as facts. What comes from outside may be anything: what is not understood is null. */
import type { ApprovalId, CallId } from '../contracts/ids.js';
import type { Fact } from './run-state.js';

const longestId = 100;

/** The fact of an `approvalDecided` signal, or null for nonsense. */
export function readApprovalDecided(signal: unknown): Fact | null {
  const approvalId = textOf(signal, 'approvalId');
  const decisionId = textOf(signal, 'decisionId');
  const verdict = textOf(signal, 'verdict');
  if (approvalId === null || decisionId === null || verdict === null) return null;
  const hint = {
    approvalId: approvalId as ApprovalId,
    decisionId,
    isApproval: verdict === 'approved',
  };
  return { kind: 'approval-hinted', hint };
}

/** The fact of an `effectResolved` signal, or null for nonsense. */
export function readEffectResolved(signal: unknown): Fact | null {
  const callId = textOf(signal, 'callId');
  return callId === null ? null : { kind: 'effect-hinted', callId: callId as CallId };
}

function textOf(signal: unknown, field: string): string | null {
  if (typeof signal !== 'object' || signal === null) return null;
  const value = (signal as Readonly<Record<string, unknown>>)[field];
  return typeof value === 'string' && value.length <= longestId ? value : null;
}
