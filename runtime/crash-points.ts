/**
 * Named places between two steps at which a process can be made to die or to stand still, so that
 * tests can ask what a crash just there costs. Off unless `BELAY_CRASH_POINTS` names some.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** Every point, by the part that passes it. A test kills each part at each of its points. */
export const crashPoints = {
  gateway: ['run-created', 'decision-written', 'cancel-written', 'resolution-written'],
  outbox: [
    'outbox-claimed',
    'start-delivered',
    'approvalDecided-delivered',
    'effectResolved-delivered',
    'cancel-delivered',
  ],
  worker: [
    'run-opened',
    'turn-asked',
    'turn-answered',
    'turn-committed',
    'call-judged',
    'call-dispatched',
    'call-answered',
    'call-searched',
    'call-recorded',
    'call-previewed',
    'approval-settled',
    'call-settled',
    'run-stopped',
    'run-closed',
  ],
  store: ['run-locked'],
} as const;

export type CrashPoint = (typeof crashPoints)[keyof typeof crashPoints][number];

/** Passes a point. Does nothing, or ends or stops this process: a stopped one returns when continued. */
export type PassPoint = (point: CrashPoint) => void;

/** What happens at a point when it is passed for the `nth` time. */
export interface PlannedCrash {
  readonly point: CrashPoint;
  readonly nth: number;
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** Points of a process in which nothing is planned. */
export const passFreely: PassPoint = () => undefined;

/**
 * Reads a plan: points separated by commas, each as `name`, `name@3` for the third time that it is
 * passed, or `stop:name` to stand still instead. Null when it is not one.
 */
export function parseCrashPlan(text: string): readonly PlannedCrash[] | null {
  const plan: PlannedCrash[] = [];
  for (const word of text.split(',')) {
    const [, stop, name, nth] = /^(stop:)?([A-Za-z-]+)(?:@([1-9]\d{0,5}))?$/.exec(word) ?? [];
    const point = everyPoint.find((each) => each === name);
    if (point === undefined) return null;
    plan.push({
      point,
      nth: Number(nth ?? 1),
      signal: stop === undefined ? 'SIGKILL' : 'SIGSTOP',
    });
  }
  return plan;
}

/** Arms a plan. A hit is a line in `hitsFile`, on disk before the process ends or stops. */
export function armCrashPoints(plan: readonly PlannedCrash[], hitsFile: string): PassPoint {
  const passed = new Map<CrashPoint, number>();
  return (point) => {
    const times = (passed.get(point) ?? 0) + 1;
    passed.set(point, times);
    const planned = plan.find((each) => each.point === point && each.nth === times);
    if (planned === undefined) return;
    record(hitsFile, point);
    process.kill(process.pid, planned.signal);
  };
}

const everyPoint: readonly CrashPoint[] = Object.values(crashPoints).flat();

function record(file: string, point: CrashPoint): void {
  const descriptor = openSync(file, 'a');
  writeSync(descriptor, `${point}\n`);
  fsyncSync(descriptor);
  closeSync(descriptor);
}
