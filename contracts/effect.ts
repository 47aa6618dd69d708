/** An effect: a call that changes something outside, and what is known about it (DESIGN §7). */
import type { CallId, Digest, EffectKey } from './ids.js';

export const effectClasses = [
  'read',
  'idempotent',
  'keyed',
  'reconcilable',
  'transactional',
  'unsafe',
] as const;
/** What a tool does to the world, and so what may be done when its outcome is unknown. */
export type EffectClass = (typeof effectClasses)[number];

/** What each class promises, in the words in which a tool without one is refused. */
export const effectClassMeanings = {
  read: 'changes nothing; it may be asked again',
  idempotent: 'the same arguments leave the same state, however often they are sent',
  keyed: 'the service takes a key and does the same key once; the tool says how long it remembers',
  reconcilable: 'the service takes no key, but the tool can find out whether it was done',
  transactional: 'it happens in our own Postgres, in the transaction that records it',
  unsafe: 'none of these: it is sent once, and where its outcome is unknown a person is asked',
} as const satisfies Record<EffectClass, string>;

export const effectStates = [
  'intended',
  'dispatched',
  'confirmed',
  'failed',
  'unknown',
  'absent',
  'parked',
  'compensated',
] as const;
export type EffectState = (typeof effectStates)[number];

/** Every move a ledger row may make. The store asks this table before each compare-and-set. */
export const effectMoves = {
  // `absent` when its call ended before it was ever sent.
  intended: ['dispatched', 'absent'],
  // Back to `intended` when it certainly was not sent; to itself when taken over with a new fence.
  dispatched: ['confirmed', 'failed', 'unknown', 'dispatched', 'intended', 'absent', 'parked'],
  // Back to `intended` when the service was searched and does not have it.
  unknown: ['dispatched', 'confirmed', 'intended', 'parked'],
  parked: ['confirmed', 'absent', 'compensated'],
  confirmed: [],
  failed: [],
  absent: [],
  compensated: [],
} as const satisfies Record<EffectState, readonly EffectState[]>;

/** Says whether a ledger row may move from one state to another. */
export const canMove = (from: EffectState, to: EffectState): boolean =>
  (effectMoves[from] as readonly EffectState[]).includes(to);

/** What a person can say about a parked effect. */
export const resolutions = ['happened', 'absent', 'compensated'] as const;
export type Resolution = (typeof resolutions)[number];

/** The state a parked effect moves to for each answer. */
export const resolvedStates = {
  happened: 'confirmed',
  absent: 'absent',
  compensated: 'compensated',
} as const satisfies Record<Resolution, EffectState>;

/** An effect on the wire (DESIGN §11). */
export interface EffectView {
  readonly key: EffectKey;
  readonly callId: CallId;
  readonly tool: string;
  readonly class: EffectClass;
  readonly state: EffectState;
  readonly argsDigest: Digest;
  readonly externalRef: string | null;
  /** How often it was dispatched. */
  readonly attempts: number;
  /** The effect that took it back. */
  readonly undoneBy: EffectKey | null;
  readonly updatedAt: string;
}
