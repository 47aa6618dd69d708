/** The start of one attempt at a call: everything that stands before the point of no return. */
import type { Question } from '../contracts/approval.js';
import type { CallResult } from '../contracts/activities.js';
import type { OnRepeat } from '../contracts/agent.js';
import type { Verdict } from '../contracts/call.js';
import type { CallId, EffectKey, GrantId } from '../contracts/ids.js';
import { duplicateRetryMs, heldRetryMs } from '../contracts/retry-policies.js';
import { invariant } from '../runtime/belay-error.js';
import { approvalOfCallSql, type ApprovalRow } from './approval-rows.js';
import { passGate, stillAsked } from './approvals.js';
import { askInstead, questionUncovered } from './ask-call.js';
import { endTampered, noteLapsed, type CheckAuthority } from './authority.js';
import {
  answerFromFirst,
  askDoneBefore,
  claimBusinessKey,
  doneBeforeRule,
  earlierCallSql,
  standingOf,
  type EarlierCallRow,
} from './business-claims.js';
import {
  beginAttempt,
  callSql,
  finishCall,
  finishUnrun,
  noteRetry,
  type OpenCallRow,
} from './calls.js';
import type { Database } from './database.js';
import { isOpen, takeResolution } from './effect-moves.js';
import { dispatchEffect, effectOfCallSql, type EffectRow, type EffectTerms } from './effects.js';
import { noteUseSent } from './grant-uses.js';
import { lockedGrantsSql, type GrantRow } from './grants.js';
import { holdSwitchesSql, noteHeld, switchesOfCallSql, type SwitchRow } from './kill-switches.js';
import { refuseChanged, type SeenAgain, type Unchecked } from './preconditions.js';
import { inRun, type Rows, type RunAddress, type RunTransaction } from './run-transaction.js';
import { endUnsent, refuseConflict } from './unsent-calls.js';
import { votesOfCallSql, type VoteRow } from './votes.js';

/** What the pinned policy says of the call now, and what its tool declares. */
export interface AttemptTerms extends EffectTerms {
  readonly verdict: Verdict;
  readonly question: Question;
  /** What the rules saw beside the arguments, as canonical JSON: recorded where they ask now. */
  readonly ruleInputs: string;
  /** Whether its tool says beforehand what a call will do. */
  readonly previews: boolean;
  /** Whether strangers write what it returns. */
  readonly taints: boolean;
  /** Whether exactly this may be done: asked under the lock, right before it is dispatched. */
  readonly checkAuthority: CheckAuthority;
  /** When the same thing done by another call counts as a repeat; null where it never does. */
  readonly repeats: { readonly withinMs: number; readonly onRepeat: OnRepeat } | null;
  /** The standing grant that it was planned under. */
  readonly grantId: GrantId | null;
}

export type Start =
  | CallResult
  | Unchecked
  /** Nothing was sent: what Postgres says does not fit what was signed. */
  | { readonly kind: 'tampered'; readonly findings: readonly string[]; readonly result: CallResult }
  /** Go: `effectKey` and `fence` are null for reads. */
  | {
      readonly kind: 'started';
      readonly attempt: number;
      readonly effectKey: EffectKey | null;
      readonly fence: number | null;
    }
  /** Nothing may be sent: the service is to be searched for what an earlier attempt sent. */
  | {
      readonly kind: 'search';
      readonly attempt: number;
      readonly effectKey: EffectKey;
      readonly fence: number;
    }
  /** Another attempt, or another call that does the same, may be sending: look again after `waitMs`. */
  | { readonly kind: 'in-flight'; readonly waitMs: number }
  /** Its arguments were changed after they were read: it is to be read and judged again. */
  | { readonly kind: 'moved' }
  /** A kill switch holds it: look again after `waitMs`. */
  | { readonly kind: 'held'; readonly waitMs: number };

/**
 * Lets an attempt start, or says why not, in one transaction: a stored result wins; a cancelled run
 * starts nothing new; an asked call starts only on its decision, and where that rests on facts of the
 * world, only on what was `seen` of them for this attempt; a kill switch holds what would be sent; an
 * effect is dispatched (P3, P4).
 */
export async function startCall(
  database: Database,
  address: RunAddress,
  callId: CallId,
  terms: AttemptTerms,
  seen: SeenAgain | null = null,
): Promise<Start> {
  const reads = [
    callSql(address, callId),
    approvalOfCallSql(address, callId),
    votesOfCallSql(address, callId),
    effectOfCallSql(address, callId),
    // The call of a tool that declares no business key has none.
    ...(terms.repeats === null ? [] : [earlierCallSql(address, callId)]),
    ...(terms.grantId === null ? [] : lockedGrantsSql(address, [terms.grantId])),
    // Last, as nothing is waited for between them and the commit.
    holdSwitchesSql(address),
    switchesOfCallSql(address, callId),
  ];
  const start = await inRun(database, address, reads, (transaction, rows): Start => {
    const [[call], [approval], votes, [effect], ...others] = rows as [
      OpenCallRow[],
      ApprovalRow[],
      VoteRow[],
      EffectRow[],
      ...Rows,
    ];
    const [earlier] = (terms.repeats === null ? [] : others[0]) as EarlierCallRow[];
    const [grant] = (terms.grantId === null ? [] : others.at(-3)) as GrantRow[];
    const switches = others.at(-1) as SwitchRow[];
    invariant(call !== undefined, 'a call that is started has a row');
    if (call.state === 'finished') {
      takeResolution(transaction, effect);
      return { kind: 'finished' };
    }
    if (isUnsent(effect)) {
      const refusal =
        refuseStart(transaction, call, { approval, votes, grant, effect, terms }) ??
        refuseRepeat(transaction, call, approval, earlier, terms) ??
        refuseChanged(transaction, call, approval, seen, terms);
      if (refusal !== null) return endUnsent(transaction, call, effect, refusal);
    }
    const { attempts } = call;
    if (call.effect === 'read') {
      noteUseSent(transaction, call);
      beginAttempt(transaction, call);
      return { kind: 'started', attempt: attempts + 1, effectKey: null, fence: null };
    }
    return startEffect(transaction, call, effect, { switches, earlier, terms });
  });
  invariant(start !== null, 'a call that is started has a run');
  return start;
}

/** What else an effect is started by. */
interface Surroundings {
  readonly switches: readonly SwitchRow[];
  readonly earlier: EarlierCallRow | undefined;
  readonly terms: AttemptTerms;
}

function startEffect(
  transaction: RunTransaction,
  call: OpenCallRow,
  effect: EffectRow | undefined,
  { switches, earlier, terms }: Surroundings,
): Start {
  if (effect !== undefined && isOpen(effect) && effect.argsDigest !== call.argsDigest) {
    return refuseConflict(transaction, call, effect);
  }
  const dispatch = dispatchEffect(transaction, call, effect, terms, switches.length > 0);
  switch (dispatch.kind) {
    case 'parked':
      return { kind: 'parked', effectKey: dispatch.key };
    case 'in-flight':
      return dispatch;
    case 'held':
      noteHeld(transaction, call);
      return { kind: 'held', waitMs: heldRetryMs };
    case 'dispatched':
    case 'search': {
      // Who holds the key was read where its tool declares one, and is not known elsewhere.
      if (isUnsent(effect) && terms.repeats !== null) {
        claimBusinessKey(transaction, call, dispatch.key, earlier);
      }
      noteUseSent(transaction, call);
      beginAttempt(transaction, call);
      const { key: effectKey, fence } = dispatch;
      const kind = dispatch.kind === 'search' ? 'search' : 'started';
      return { kind, attempt: call.attempts + 1, effectKey, fence };
    }
  }
}

/** Nothing of it can have arrived: every gate stands before it. */
const isUnsent = (effect: EffectRow | undefined): boolean =>
  effect === undefined ||
  effect.state === 'intended' ||
  (effect.class === 'transactional' && isOpen(effect));

/** What a start is judged by. */
interface Standing {
  readonly approval: ApprovalRow | undefined;
  readonly votes: readonly VoteRow[];
  readonly grant: GrantRow | undefined;
  readonly effect: EffectRow | undefined;
  readonly terms: AttemptTerms;
}

type Refused = CallResult | Extract<Start, { kind: 'tampered' | 'moved' }>;
type InFlight = Extract<Start, { kind: 'in-flight' }>;

/** What stands before a first dispatch. A repeat of what was dispatched passes no gate again. */
function refuseStart(
  transaction: RunTransaction,
  call: OpenCallRow,
  its: Standing,
): Refused | null {
  const { run } = transaction;
  const { terms, approval } = its;
  if (run.cancelRequestedAt !== null || run.ended !== null) {
    finishUnrun(transaction, call);
    return { kind: 'finished' };
  }
  if (terms.verdict === 'deny') {
    finishCall(transaction, call, 'denied', `Not made: ${terms.question.reason}`, null);
    return { kind: 'finished' };
  }
  const isAsked = call.verdict === 'ask' || terms.verdict === 'ask';
  // Whether a grant still holds for it is for what people signed to say.
  const isGranted = call.verdict === 'allow' && call.grantId !== null;
  if (isAsked && approval === undefined && !isGranted)
    return askInstead(transaction, call, terms.question, terms);
  if (isAsked && approval !== undefined) {
    const gate = passGate(transaction, call, approval);
    if (gate.kind === 'closed') return { kind: 'finished' };
    if (gate.kind === 'undecided') return stillAsked(approval, gate.remainingMs);
  }
  return refuseAuthority(transaction, call, its);
}

/** The rows say yes: whether people did is for what they signed to say (P4). */
function refuseAuthority(
  transaction: RunTransaction,
  call: OpenCallRow,
  { approval, votes, grant, effect, terms }: Standing,
): Refused | null {
  const { run } = transaction;
  const authority = terms.checkAuthority({ run, call, approval, votes, grant });
  switch (authority.kind) {
    case 'holds':
      return null;
    case 'moved':
      return authority;
    case 'lapsed':
      if (approval !== undefined) noteLapsed(transaction, approval, authority.why);
      return askInstead(
        transaction,
        call,
        questionUncovered(terms.question, call, authority.why),
        terms,
      );
    case 'tampered': {
      const { findings } = authority;
      const end = endTampered(transaction, call, { approval, effect, findings });
      const result: CallResult =
        end === 'parked' && effect !== undefined
          ? { kind: 'parked', effectKey: effect.key }
          : { kind: 'finished' };
      return { kind: 'tampered', findings, result };
    }
  }
}

/** The same thing, done before by another call: answered from that one, waited for, or asked about. */
function refuseRepeat(
  transaction: RunTransaction,
  call: OpenCallRow,
  approval: ApprovalRow | undefined,
  earlier: EarlierCallRow | undefined,
  terms: AttemptTerms,
): CallResult | InFlight | null {
  const { repeats, verdict, question } = terms;
  if (repeats === null || earlier === undefined) return null;
  const standing = standingOf(earlier, call, repeats.withinMs, transaction.now);
  if (standing === 'free') return null;
  if (standing === 'under-way') {
    noteRetry(transaction, call, 'effect-in-flight', duplicateRetryMs);
    return { kind: 'in-flight', waitMs: duplicateRetryMs };
  }
  if (standing === 'done' && repeats.onRepeat === 'reuse') {
    answerFromFirst(transaction, call, earlier, terms.taints);
    return { kind: 'finished' };
  }
  // People were asked about just this, and it passed the gate: nobody did it since.
  const isAnswered = approval?.rule === doneBeforeRule;
  if (isAnswered && Date.parse(earlier.claimedAt) <= Date.parse(approval.requestedAt)) return null;
  return askInstead(transaction, call, askDoneBefore(verdict, question, earlier, standing), terms);
}
