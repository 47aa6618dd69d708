/** `next`: what a run wants done, from its state alone. Pure, and free of Temporal. */
import type { AskedApproval, PlannedCall } from '../contracts/activities.js';
import type { Intent, OpenCall, Run } from './run-state.js';

/** Every intent that is wanted and not yet in flight, bounded by the run's parallel calls. */
export function next(run: Run): readonly Intent[] {
  const fresh = wanted(run).filter((intent) => run.inFlight[intent.key] === undefined);
  const callsInFlight = Object.keys(run.inFlight).filter(isCallKey).length;
  let room = Math.max(0, run.limits.parallelCalls - callsInFlight);
  return fresh.filter((intent) => !isCallKey(intent.key) || room-- > 0);
}

/** The keys in flight that nobody wants any more and that may be aborted. */
export function obsolete(run: Run): readonly string[] {
  const keys = new Set(wanted(run).map((intent) => intent.key));
  return Object.entries(run.inFlight)
    .filter(([key, { isAbortable }]) => isAbortable && !keys.has(key))
    .map(([key]) => key);
}

/** The same run with these intents in flight, since `nowMs` of the workflow's time. */
export const begin = (run: Run, intents: readonly Intent[], nowMs: number): Run => ({
  ...run,
  calls: run.calls.map((call) =>
    intents.some(({ key }) => key === callKey(call))
      ? { ...call, lookedAt: call.hints[0]?.decisionId ?? null }
      : call,
  ),
  inFlight: {
    ...run.inFlight,
    ...Object.fromEntries(
      intents.map(({ key, isAbortable }) => [key, { isAbortable, sinceMs: nowMs }]),
    ),
  },
});

const callKey = (open: OpenCall): string => `call:${open.planned.callId}`;
const isCallKey = (key: string): boolean => key.startsWith('call:');

/** Says whether a key in flight is a timer's. */
export const isTimerKey = (key: string): boolean => key.startsWith('expiry:');

function wanted(run: Run): readonly Intent[] {
  switch (run.step) {
    case 'opening':
      return [{ kind: 'open-run', key: 'open-run', isAbortable: false }];
    case 'closed':
      return [];
    case 'running':
      if (run.cancel !== 'none') return wantedWhileCancelling(run);
      if (run.end !== null) return wantedToClose(run, run.end);
      if (run.calls.length > 0) return run.calls.flatMap(wantedForCall);
      return [takeTurn(run)];
  }
}

const takeTurn = ({ turn }: Run): Intent => ({
  kind: 'take-turn',
  key: `turn:${turn + 1}`,
  isAbortable: true,
  turn: turn + 1,
});

/** Nothing new starts; what can't be aborted is awaited; then the run is closed. */
function wantedWhileCancelling(run: Run): readonly Intent[] {
  if (run.cancel === 'requested')
    return [{ kind: 'stop-run', key: 'stop-run', isAbortable: false }];
  return wantedToClose(run, { status: 'cancelled', code: 'run-cancelled' });
}

function wantedToClose(run: Run, end: NonNullable<Run['end']>): readonly Intent[] {
  const busy = Object.keys(run.inFlight).filter((key) => key !== 'close-run' && !isTimerKey(key));
  return busy.length > 0
    ? []
    : [{ kind: 'close-run', key: 'close-run', isAbortable: false, ...end }];
}

function wantedForCall(open: OpenCall): readonly Intent[] {
  const { planned: call, approval } = open;
  const key = callKey(open);
  const settle: Intent = {
    kind: 'settle-call',
    key,
    isAbortable: false,
    call,
    code: open.code ?? 'tool-failed',
  };
  switch (open.step) {
    case 'ready':
      return [runTool(open)];
    case 'lost':
      return [settle];
    case 'parked':
      return open.isAnswered ? [settle] : [];
    case 'asking': {
      if (approval === null) return [runTool(open)];
      const timer: Intent = {
        kind: 'await-expiry',
        key: `expiry:${call.callId}`,
        isAbortable: true,
        call,
        approval,
      };
      // A timer that has fired is armed again only when Postgres has said how long.
      const timers = open.isDue ? [] : [timer];
      const beside = [...timers, ...previewOf(call, approval)];
      const hint = open.hints[0];
      if (hint?.isApproval === true) return [runTool(open), ...beside];
      if (hint === undefined && !open.isDue) return beside;
      return [{ kind: 'settle-approval', key, isAbortable: false, call, approval }, ...beside];
    }
  }
}

/** Once for each question: the key is the question's, as one call can be asked about again. */
function previewOf(call: PlannedCall, approval: AskedApproval): readonly Intent[] {
  if (approval.previews !== true) return [];
  const key = `preview:${approval.approvalId}`;
  return [{ kind: 'preview-call', key, isAbortable: true, call, approval }];
}

const runTool = (open: OpenCall): Intent => ({
  kind: 'run-tool',
  key: callKey(open),
  isAbortable: open.planned.effect === 'read',
  call: open.planned,
});
