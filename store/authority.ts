/** What a call's authority is checked by, under the run's lock: the check itself is the activity's. */
import type { ApprovalId, CallId, Digest } from '../contracts/ids.js';
import type { ApprovalRow } from './approval-rows.js';
import { finishCall, type OpenCallRow } from './calls.js';
import { closeEffect, isOpen } from './effect-moves.js';
import type { EffectRow } from './effects.js';
import { freeUse } from './grant-uses.js';
import type { GrantRow } from './grants.js';
import type { LockedRun, RunTransaction } from './run-transaction.js';
import type { VoteRow } from './votes.js';

/** What Postgres says of a call and of the people who were asked about it. */
export interface AuthorityFacts {
  readonly run: LockedRun;
  readonly call: OpenCallRow;
  /** The latest question about it. */
  readonly approval: ApprovalRow | undefined;
  /** The votes on every question about it, in the order in which they were cast. */
  readonly votes: readonly VoteRow[];
  /** The standing grant that the call is made under, locked. */
  readonly grant: GrantRow | undefined;
}

export type AuthorityVerdict =
  /** The arguments were changed after they were read: they are to be judged as they are now. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'holds' }
  /** What was signed does not suffice any more: people are asked anew. */
  | { readonly kind: 'lapsed'; readonly why: string }
  /** What stands in Postgres does not fit what was signed. */
  | { readonly kind: 'tampered'; readonly findings: readonly string[] };

/** Decides whether exactly this may be done. Pure; never throws. */
export type CheckAuthority = (facts: AuthorityFacts) => AuthorityVerdict;

/** The alarm, on the run. */
export const noteTampering = (
  { append }: RunTransaction,
  callId: CallId,
  approvalId: ApprovalId | null,
  findings: readonly string[],
): void =>
  append({
    type: 'tampering-found',
    key: `tampering-found:${callId}`,
    data: { callId, approvalId, findings },
  });

/** Ends a call whose rows do not fit what was signed. What it may have done before is parked. */
export function endTampered(
  transaction: RunTransaction,
  call: OpenCallRow,
  about: {
    readonly approval: ApprovalRow | undefined;
    readonly effect: EffectRow | undefined;
    readonly findings: readonly string[];
  },
): 'parked' | 'finished' {
  const { approval, effect, findings } = about;
  noteTampering(transaction, call.id, approval?.id ?? null, findings);
  const isParked =
    effect !== undefined && isOpen(effect) && closeEffect(transaction, effect) === 'parked';
  if (isParked) return 'parked';
  const text = 'Not made: what stands about it in the database does not fit what was signed.';
  finishCall(transaction, call, 'tampered', text, 'call-tampered');
  freeUse(transaction, call);
  return 'finished';
}

/** Tells that a yes holds no more; the caller asks anew. */
export function noteLapsed(
  { append }: RunTransaction,
  { id, callId }: ApprovalRow,
  why: string,
): void {
  append({
    type: 'approval-lapsed',
    key: `approval-lapsed:${id}`,
    data: { approvalId: id, callId, why },
  });
}

/** Canonical digests that history holds of a call, beyond the reach of who writes to Postgres. */
export interface RecordedInHistory {
  /** The arguments as the model planned them. */
  readonly argsDigest: Digest;
  readonly agentVersion: Digest;
  readonly requestedBy: string;
}
