/** An effect with everything that a person needs who is to say what became of it. */
import { resolutions, type EffectView, type Resolution } from './effect.js';
import type { EventView } from './event.js';
import type { RunId } from './ids.js';

/** What an answer will bring about. */
export interface PossibleAnswer {
  readonly outcome: Resolution;
  readonly then: string;
}

/** An effect on the wire, as lists of what is parked have it. */
export interface EffectDetail extends EffectView {
  readonly runId: RunId;
  readonly agent: string;
  /** Who started the run. */
  readonly requestedBy: string;
  readonly title: string;
  readonly args: unknown;
  /** The first dispatch that may have arrived; null while there is none. */
  readonly firstDispatchedAt: string | null;
  readonly lastDispatchedAt: string | null;
  /** Since when it waits for a person, or did, and why; null where it never did. */
  readonly parked: {
    readonly since: string;
    readonly code: string;
    readonly title: string;
    readonly hint: string;
  } | null;
  readonly remindedAt: string | null;
  /** What a person said of it. */
  readonly resolution: {
    readonly outcome: Resolution;
    readonly by: string;
    readonly at: string;
    readonly message: string;
  } | null;
  /** What each answer will do; none once nobody is asked. */
  readonly answers: readonly PossibleAnswer[];
  readonly viewer: { readonly canResolve: boolean; readonly why: string };
  readonly links: {
    readonly self: string;
    readonly run: string;
    readonly console: string;
    readonly resolutions: string;
  };
}

/** One effect on the wire, with what its run tells of it, oldest first. */
export interface EffectStory extends EffectDetail {
  readonly story: readonly EventView[];
}

const toldOfOpenCalls = {
  happened: 'It happened. The call succeeds, and the model reads your words as its result.',
  absent: 'It did not happen. The call fails; the model reads your words, and may ask anew.',
  compensated: 'It happened and was undone. The call fails, and the model reads your words.',
} as const satisfies Record<Resolution, string>;

const toldOfEndedRuns = {
  happened: 'It happened. Its run has ended: this is put on record, and nothing goes on.',
  absent: 'It did not happen. Its run has ended: this is put on record, and nothing goes on.',
  compensated: 'It happened and was undone. Its run has ended: this is put on record.',
} as const satisfies Record<Resolution, string>;

/** The answers to a parked effect. Under its key nothing is ever sent again, whatever is answered. */
export function answersTo({ isCallOpen }: { readonly isCallOpen: boolean }): PossibleAnswer[] {
  const told = isCallOpen ? toldOfOpenCalls : toldOfEndedRuns;
  return resolutions.map((outcome) => ({ outcome, then: told[outcome] }));
}
