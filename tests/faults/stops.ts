/** Every place of an effect at which a worker can stand still, and what must come of it for each class. */
import type { EffectClass, EffectState } from '../../contracts/effect.js';
import type { EventData } from '../../contracts/event.js';
import type { CrashPoint } from '../../runtime/crash-points.js';
import type { SinkFault } from '../support/sink/journal.js';

/** Where it stands still, and the crash point that stops it there; null where something else does. */
export const crashPointOf = {
  claimed: 'call-judged',
  dispatched: 'call-dispatched',
  /** Between the last look at the clock and the first byte, where no software can hold it. */
  wire: null,
  /** The service has done it, and its answer waits to be read. */
  sent: null,
  answered: 'call-answered',
  'searched and found': 'call-searched',
  'searched in vain': 'call-searched',
  recorded: 'call-recorded',
  /** The first point that is passed after the result was returned: in the next turn. */
  returned: 'turn-answered@2',
} as const satisfies Record<string, CrashPoint | `${CrashPoint}@2` | null>;
export type Place = keyof typeof crashPointOf;

/** What brings a call there. */
export const faultAt: Readonly<Partial<Record<Place, SinkFault>>> = {
  sent: 'hold-after',
  'searched and found': 'lose-reply',
  'searched in vain': 'fail-before',
};

/** What an attempt says that was given up meanwhile. */
export type Late = EventData['effect-late-result']['outcome'];

export interface Stop {
  readonly effect: Exclude<EffectClass, 'read'>;
  readonly place: Place;
  /** When the other worker has done what its class allows. */
  readonly state: EffectState;
  readonly timesDone: number;
  /** What the one that stood still does after that. */
  readonly doneLate: number;
  /** One of these it says then; none where it has nothing to say. */
  readonly late: readonly Late[];
  /** Whether it is in the short set. */
  readonly isOfFew: boolean;
}

type Settled = readonly [EffectState, number];
type Afterwards = readonly [late: Late | readonly Late[], doneLate: number];

const stop = (
  effect: Stop['effect'],
  place: Place,
  [state, timesDone]: Settled,
  [late, doneLate]: Afterwards,
  isOfFew = false,
): Stop => ({ effect, place, state, timesDone, late: [late].flat(), doneLate, isOfFew });

const silent: Afterwards = [[], 0];
const unsent: Afterwards = ['not-sent', 0];
const told: Afterwards = ['done', 0];
/** Its request may have been given up before the answer is read. */
const toldOrNot: Afterwards = [['done', 'unknown'], 0];
const doneAgain: Afterwards = ['done', 1];
const once: Settled = ['confirmed', 1];

const every = ['idempotent', 'keyed', 'reconcilable', 'transactional', 'unsafe'] as const;

/** The whole plan: each class at each place that it has. */
export const stops: readonly Stop[] = [
  // Nothing is dispatched yet, or everything is known.
  ...every.map((effect) => stop(effect, 'claimed', once, silent)),
  ...every.map((effect) => stop(effect, 'recorded', once, silent)),
  ...every.map((effect) => stop(effect, 'returned', once, silent)),

  stop('idempotent', 'dispatched', once, unsent),
  stop('idempotent', 'answered', ['confirmed', 2], told),
  stop('idempotent', 'sent', ['confirmed', 2], toldOrNot),
  stop('idempotent', 'wire', once, doneAgain),

  stop('keyed', 'dispatched', once, unsent, true),
  stop('keyed', 'answered', once, told, true),
  stop('keyed', 'sent', once, toldOrNot),
  stop('keyed', 'wire', once, told, true),

  stop('transactional', 'dispatched', once, silent, true),
  stop('transactional', 'answered', once, silent, true),

  stop('reconcilable', 'dispatched', once, unsent, true),
  stop('reconcilable', 'answered', once, told, true),
  stop('reconcilable', 'sent', once, toldOrNot),
  stop('reconcilable', 'searched and found', once, silent),
  stop('reconcilable', 'searched in vain', once, silent),
  // It was not there when it was searched for: a second one, which nobody can hold, and all are told.
  stop('reconcilable', 'wire', once, doneAgain, true),

  stop('unsafe', 'dispatched', ['parked', 0], unsent, true),
  stop('unsafe', 'answered', ['parked', 1], told, true),
  stop('unsafe', 'sent', ['parked', 1], toldOrNot, true),
  // Not sent a second time by us: it is there late, and people are told before they answer.
  stop('unsafe', 'wire', ['parked', 0], doneAgain, true),
];
