/** `advance`: what a run becomes by one fact. Pure, total, and free of Temporal. */
import type { AskedApproval, CallResult, PlannedCall } from '../contracts/activities.js';
import type { ApprovalId, CallId } from '../contracts/ids.js';
import { hintsPerCall } from '../contracts/limits.js';
import type { Fact, Hint, OpenCall, Run } from './run-state.js';

/** The run after a fact. Facts about what the run no longer has change nothing. */
export function advance(run: Run, fact: Fact): Run {
  const landed = 'key' in fact ? land(run, fact.key) : run;
  switch (fact.kind) {
    case 'run-opened':
      return opened(landed, fact.result);
    case 'turn-taken':
      return turnTaken(landed, fact.result);
    case 'turn-failed':
      return isEnding(landed) ? landed : { ...landed, end: { status: 'failed', code: fact.code } };
    case 'call-answered':
      return heardEarly(withCall(landed, fact.callId, (call) => answered(call, fact.result)));
    case 'call-lost':
      return withCall(landed, fact.callId, (call) => ({ ...call, step: 'lost', code: fact.code }));
    case 'expiry-due':
      return withCall(landed, fact.callId, (call) => ({ ...call, isDue: true }));
    case 'expiry-dropped':
      return landed;
    case 'call-previewed':
      return withCall(landed, fact.callId, (call) => previewed(call, fact.approvalId));
    case 'run-stopped':
      return { ...landed, cancel: 'recorded' };
    case 'run-closed':
      return { ...landed, step: 'closed' };
    case 'approval-hinted':
      return hinted(run, fact.hint);
    case 'effect-hinted':
      return withCall(run, fact.callId, (call) =>
        call.step === 'parked' ? { ...call, isAnswered: true } : call,
      );
    case 'cancel-requested':
      return run.cancel === 'none' ? { ...run, cancel: 'requested' } : run;
  }
}

const isEnding = (run: Run): boolean => run.cancel !== 'none' || run.end !== null;

function land(run: Run, key: string): Run {
  const { [key]: _landed, ...inFlight } = run.inFlight;
  return { ...run, inFlight };
}

function opened(run: Run, result: Extract<Fact, { kind: 'run-opened' }>['result']): Run {
  switch (result.kind) {
    case 'opened':
      return {
        ...run,
        step: 'running',
        agent: result.agent,
        limits: result.limits,
        agentVersion: result.agentVersion,
        requestedBy: result.requestedBy,
      };
    case 'over':
    case 'refused':
      return { ...run, step: 'closed' };
  }
}

function turnTaken(run: Run, result: Extract<Fact, { kind: 'turn-taken' }>['result']): Run {
  switch (result.kind) {
    case 'cancelled':
      // Postgres knows of a cancellation whose signal is still on its way.
      return run.cancel === 'none' ? { ...run, cancel: 'requested' } : run;
    case 'ended':
      return isEnding(run) ? run : { ...run, end: { status: 'failed', code: result.code } };
    case 'committed': {
      const taken = { ...run, turn: result.turn, calls: result.calls.map(openCall) };
      if (result.isFinal) return { ...taken, end: { status: 'completed', code: null } };
      return heardEarly(taken);
    }
  }
}

const openCall = (planned: PlannedCall): OpenCall => ({
  planned,
  step: planned.verdict === 'ask' ? 'asking' : 'ready',
  approval: planned.approval,
  isDue: false,
  hints: [],
  lookedAt: null,
  code: null,
  effectKey: null,
  isAnswered: false,
});

/** A call after its activity; null when it has its outcome. */
function answered(call: OpenCall, result: CallResult): OpenCall | null {
  switch (result.kind) {
    case 'finished':
      return null;
    case 'parked':
      return { ...call, step: 'parked', effectKey: result.effectKey, isAnswered: false };
    case 'needs-approval':
      return asking(call, result.approval);
    case 'approved':
      // The timer was first to look, and found a yes: its signal is on its way.
      return { ...call, step: 'ready', isDue: false };
    case 'undecided':
      return call.approval === null
        ? { ...call, step: 'ready' }
        : asking(call, { ...call.approval, remainingMs: result.remainingMs });
  }
}

/** Its tool is asked once about one question, whatever came of it. */
function previewed(call: OpenCall, approvalId: ApprovalId): OpenCall {
  if (call.approval?.approvalId !== approvalId) return call;
  const { previews: _, ...approval } = call.approval;
  return { ...call, approval };
}

/** Waits for people again. Only the hint that was looked at is spent. */
const asking = (call: OpenCall, approval: AskedApproval): OpenCall => ({
  ...call,
  step: 'asking',
  approval,
  isDue: false,
  hints: call.hints.filter((hint) => hint.decisionId !== call.lookedAt),
  lookedAt: null,
});

/** Gives early hints to calls whose questions are known by now. */
const heardEarly = (run: Run): Run => run.earlyHints.reduce(hinted, { ...run, earlyHints: [] });

/** Keeps a hint with the call it is about, or aside until that call is known. */
function hinted(run: Run, hint: Hint): Run {
  const isAbout = (call: OpenCall): boolean => call.approval?.approvalId === hint.approvalId;
  if (!run.calls.some(isAbout)) return { ...run, earlyHints: keep(run.earlyHints, hint) };
  const calls = run.calls.map((call) =>
    isAbout(call) ? { ...call, hints: keep(call.hints, hint) } : call,
  );
  return { ...run, calls };
}

/** Repeats are dropped. When there are too many, the first and the latest stay. */
function keep(hints: readonly Hint[], hint: Hint): readonly Hint[] {
  const isKnown = hints.some(
    (known) => known.decisionId === hint.decisionId && known.approvalId === hint.approvalId,
  );
  if (isKnown) return hints;
  return hints.length < hintsPerCall ? [...hints, hint] : [...hints.slice(0, -1), hint];
}

function withCall(run: Run, callId: CallId, change: (call: OpenCall) => OpenCall | null): Run {
  const calls = run.calls.flatMap((call) => {
    if (call.planned.callId !== callId) return [call];
    const changed = change(call);
    return changed === null ? [] : [changed];
  });
  return { ...run, calls };
}
