/** Continue-as-new: when a history has grown long, its run goes on in a fresh one. Pure. */
import { isTimerKey } from './next.js';
import type { OpenCall, Run } from './run-state.js';

/** Says whether nothing of the run is under way but timers, which are armed again afterwards. */
export const isAtRest = (run: Run): boolean =>
  run.step === 'running' && Object.keys(run.inFlight).every(isTimerKey);

/** The run as its next history begins with it. Waits keep what is left of them; `nowMs` is the workflow's time. */
export const carried = (run: Run, nowMs: number): Run => ({
  ...run,
  calls: run.calls.map((call) => withRemaining(call, run, nowMs)),
  inFlight: {},
});

/** Durations are subtracted, never clocks compared: the engine's may differ from Postgres's. */
function withRemaining(call: OpenCall, run: Run, nowMs: number): OpenCall {
  const armed = run.inFlight[`expiry:${call.planned.callId}`];
  if (call.approval === null || armed === undefined) return call;
  const remainingMs = Math.max(0, call.approval.remainingMs - (nowMs - armed.sinceMs));
  return { ...call, approval: { ...call.approval, remainingMs } };
}
