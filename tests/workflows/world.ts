/** A world for the pure loop: an imagined Postgres that answers intents truly, in any order a seed likes. */
import type {
  AskedApproval,
  CallResult,
  PlannedCall,
  TakeTurnResult,
} from '../../contracts/activities.js';
import type { ApprovalId, CallId, EffectKey, RunId, Digest } from '../../contracts/ids.js';
import { advance } from '../../workflows/advance.js';
import { carried, isAtRest } from '../../workflows/carry.js';
import { begin, next, obsolete } from '../../workflows/next.js';
import { newRun, type Fact, type Intent, type Run } from '../../workflows/run-state.js';

/** What is to happen in one run. */
export interface Script {
  /** The calls of each turn; the turn after the last is final. */
  readonly turns: readonly (readonly ScriptedCall[])[];
  /** Someone cancels at this step, if ever. */
  readonly cancelAt: number | null;
}

export interface ScriptedCall {
  readonly asks: boolean;
  readonly decision: 'approved' | 'rejected' | 'expired';
  /** How its activity ends. */
  readonly ending: 'finished' | 'lost' | 'parked';
  readonly isRead: boolean;
  /** Its tool says beforehand what it will do. */
  readonly previews: boolean;
  /** People are asked a second time when it is to start: with a preview to look up, or with one. */
  readonly askedAgain: 'never' | 'to-preview' | 'previewed';
}

/** Chooses one of `count` things: the seed. */
export type Choose = (count: number) => number;

export interface Trace {
  readonly run: Run;
  readonly performed: readonly Intent[];
  readonly problems: readonly string[];
  readonly steps: number;
  /** How often the run went on in a fresh history. */
  readonly histories: number;
}

interface CallTruth {
  readonly script: ScriptedCall;
  approvalId: ApprovalId;
  isAskedAgain: boolean;
  decided: boolean;
  started: boolean;
  finished: boolean;
  parked: boolean;
  answered: boolean;
}

const mostSteps = 2_000;

/** Plays a script to its end, with forged, repeated and early signals mixed in. */
export function play(script: Script, choose: Choose): Trace {
  const truths = new Map<CallId, CallTruth>();
  const performed: Intent[] = [];
  const problems: string[] = [];
  const pending: Intent[] = [];
  let run = newRun('run_world' as RunId);
  let steps = 0;
  let histories = 1;
  for (; run.step !== 'closed' && steps < mostSteps; steps += 1) {
    if (isAtRest(run) && choose(4) === 0) {
      // Only timers were under way, and they end with the history.
      pending.length = 0;
      histories += 1;
      run = JSON.parse(JSON.stringify(carried(run, 0))) as Run;
    }
    const intents = next(run);
    problems.push(...faultsOf(run, intents));
    run = begin(run, intents, 0);
    pending.push(...intents);
    performed.push(...intents);
    for (const key of obsolete(run)) {
      const at = pending.findIndex((intent) => intent.key === key);
      const [aborted] = pending.splice(at, 1);
      if (aborted !== undefined) run = advance(run, abortedFact(aborted));
    }
    if (script.cancelAt === steps) run = advance(run, { kind: 'cancel-requested' });
    for (const fact of outsideFacts(truths, choose)) run = advance(run, fact);
    const index = pending.length === 0 ? -1 : choose(pending.length);
    const intent = pending[index];
    if (intent === undefined) continue;
    const fact = answer(script, truths, intent);
    // A timer may stay unfired while other things happen.
    if (fact === null) continue;
    pending.splice(index, 1);
    run = advance(run, fact);
  }
  return { run, performed, problems, steps, histories };
}

function faultsOf(run: Run, intents: readonly Intent[]): string[] {
  const faults: string[] = [];
  const keys = intents.map(({ key }) => key);
  if (new Set(keys).size < keys.length) faults.push('two intents of one key');
  if (keys.some((key) => run.inFlight[key] !== undefined)) faults.push('a key twice in flight');
  const calls = [...Object.keys(run.inFlight), ...keys].filter((key) => key.startsWith('call:'));
  if (calls.length > run.limits.parallelCalls) faults.push('too many calls in flight');
  for (const { kind } of intents) {
    if (kind === 'take-turn' && run.calls.length > 0) faults.push('a turn with an open call');
    const isFresh = kind === 'take-turn' || kind === 'run-tool';
    if (isFresh && run.cancel !== 'none') faults.push(`${kind} after a cancellation`);
    const busy = Object.keys(run.inFlight).some((key) => !key.startsWith('expiry:'));
    if (kind === 'close-run' && busy) faults.push('closed with something in flight');
  }
  return faults;
}

/** Decisions are made, and signals come: true ones, repeats, forgeries and nonsense. */
function outsideFacts(truths: ReadonlyMap<CallId, CallTruth>, choose: Choose): Fact[] {
  const facts: Fact[] = [];
  for (const [callId, truth] of truths) {
    const { script, approvalId } = truth;
    if (script.asks && script.decision !== 'expired' && choose(3) === 0) truth.decided = true;
    if (truth.decided && choose(2) === 0) facts.push(hint(approvalId, script.decision));
    if (choose(8) === 0) facts.push(hint(approvalId, choose(2) === 0 ? 'approved' : 'rejected'));
    if (choose(20) === 0) facts.push(hint('apr_unknown' as ApprovalId, 'approved'));
    if (truth.parked && choose(4) === 0) truth.answered = true;
    if (truth.answered || choose(20) === 0) facts.push({ kind: 'effect-hinted', callId });
  }
  return facts;
}

const hint = (approvalId: ApprovalId, verdict: string): Fact => ({
  kind: 'approval-hinted',
  hint: { approvalId, decisionId: `dec_${verdict}`, isApproval: verdict === 'approved' },
});

function answer(script: Script, truths: Map<CallId, CallTruth>, intent: Intent): Fact | null {
  const { key } = intent;
  switch (intent.kind) {
    case 'open-run': {
      const limits = { turns: 50, callsPerTurn: 8, parallelCalls: 2, outputTokensPerTurn: 100 };
      const pinned = { agentVersion: '' as Digest, requestedBy: 'otto' };
      const result = { kind: 'opened', agent: 'a', limits, ...pinned } as const;
      return { kind: 'run-opened', key, result };
    }
    case 'take-turn':
      return { kind: 'turn-taken', key, result: takeTurn(script, truths, intent.turn) };
    case 'run-tool':
    case 'settle-approval':
    case 'settle-call':
      return answerCall(truths, intent);
    case 'await-expiry': {
      const truth = truths.get(intent.call.callId);
      const isDue = truth?.script.decision === 'expired';
      return isDue ? { kind: 'expiry-due', key, callId: intent.call.callId } : null;
    }
    case 'preview-call':
      return previewed(intent);
    case 'stop-run':
      return { kind: 'run-stopped', key };
    case 'close-run':
      return { kind: 'run-closed', key };
  }
}

function takeTurn(script: Script, truths: Map<CallId, CallTruth>, turn: number): TakeTurnResult {
  const scripted = script.turns[turn - 1];
  const calls = (scripted ?? []).map((call, index): PlannedCall => {
    const callId = `call_${turn}_${index}` as CallId;
    const approvalId = `apr_${turn}_${index}` as ApprovalId;
    const fresh = { isAskedAgain: false, decided: false, started: false, finished: false };
    truths.set(callId, { script: call, approvalId, ...fresh, parked: false, answered: false });
    const approval = question(approvalId, call.previews);
    return {
      callId,
      tool: 'tool',
      verdict: call.asks ? 'ask' : 'allow',
      effect: call.isRead ? 'read' : 'keyed',
      retryPolicy: 'payment',
      summary: 'does something',
      argsDigest: '' as Digest,
      approval: call.asks ? approval : null,
    };
  });
  const isFinal = scripted === undefined;
  return { kind: 'committed', turn, isFinal, calls, costMicrosUsd: 0 };
}

function answerCall(
  truths: ReadonlyMap<CallId, CallTruth>,
  intent: Extract<Intent, { readonly call: PlannedCall }>,
): Fact {
  const { callId } = intent.call;
  const { key, kind } = intent;
  const truth = truths.get(callId);
  if (truth === undefined) throw new Error('an unknown call');
  const say = (result: CallResult): Fact => ({ kind: 'call-answered', key, callId, result });
  const finish = (): Fact => {
    truth.finished = true;
    return say({ kind: 'finished' });
  };
  const { script } = truth;
  const isSettling = kind === 'settle-call';
  if (truth.finished) return say({ kind: 'finished' });
  if (truth.parked) {
    return truth.answered ? finish() : say({ kind: 'parked', effectKey: 'key' as EffectKey });
  }
  if (script.asks && !truth.started && !isSettling) {
    if (script.decision === 'expired' && intent.kind === 'settle-approval') return finish();
    if (!truth.decided) return say({ kind: 'undecided', remainingMs: 500 });
    if (script.decision === 'rejected') return finish();
    if (kind === 'settle-approval') return say({ kind: 'approved' });
    if (script.askedAgain !== 'never' && !truth.isAskedAgain) {
      truth.isAskedAgain = true;
      truth.decided = false;
      truth.approvalId = `${truth.approvalId}_again` as ApprovalId;
      const approval = question(truth.approvalId, script.askedAgain === 'to-preview');
      return say({ kind: 'needs-approval', approval });
    }
  }
  truth.started = true;
  if (!isSettling && script.ending === 'lost') {
    return { kind: 'call-lost', key, callId, code: 'tool-failed' };
  }
  if (script.ending === 'parked') {
    truth.parked = true;
    return say({ kind: 'parked', effectKey: 'key' as EffectKey });
  }
  return finish();
}

const question = (approvalId: ApprovalId, previews: boolean): AskedApproval => ({
  approvalId,
  remainingMs: 1_000,
  expiresAt: '',
  approvers: [],
  ...(previews ? { previews: true } : {}),
});

const previewed = ({
  key,
  call: { callId },
  approval: { approvalId },
}: Extract<Intent, { kind: 'preview-call' }>): Fact => ({
  kind: 'call-previewed',
  key,
  callId,
  approvalId,
});

function abortedFact(intent: Intent): Fact {
  const { key } = intent;
  if (intent.kind === 'preview-call') return previewed(intent);
  if (intent.kind === 'await-expiry') return { kind: 'expiry-dropped', key };
  if (intent.kind === 'take-turn') return { kind: 'turn-failed', key, code: 'run-cancelled' };
  if (intent.kind === 'run-tool' && intent.call.effect === 'read') {
    return { kind: 'call-lost', key, callId: intent.call.callId, code: 'run-cancelled' };
  }
  throw new Error(`${intent.kind} can't be aborted`);
}
