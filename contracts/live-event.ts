/**
 * What a stream shows of a turn before it is committed. Passing: without a number, in no history and
 * in no page of events; a reader that comes later is shown the open attempt from its start.
 */
import type { RunId } from './ids.js';

/** Why the text of an attempt is void although its turn was not committed. */
export const discardReasons = ['superseded', 'failed', 'lost', 'ended'] as const;
export type DiscardReason = (typeof discardReasons)[number];

export interface LiveData {
  /** An attempt at a turn has begun: its text is empty so far. */
  'attempt-started': { runId: RunId; turn: number; attempt: number };
  /** More of its text, to be put after what came before. */
  delta: { runId: RunId; turn: number; attempt: number; text: string };
  /** Its text is void. The event `turn-committed` and the end of the run make it void too. */
  'attempt-discarded': { runId: RunId; turn: number; attempt: number; reason: DiscardReason };
}

export type LiveType = keyof LiveData;

/** A live event on the wire. */
export type LiveEvent = {
  [Type in LiveType]: { readonly type: Type; readonly data: Readonly<LiveData[Type]> };
}[LiveType];
