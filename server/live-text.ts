/** What a reader is told of the text of a turn under way, from what it was told before. Pure. */
import type { DiscardReason, LiveData, LiveEvent } from '../contracts/live-event.js';
import type { RunId } from '../contracts/ids.js';
import type { Writing } from '../store/deltas.js';

/** The text of the open attempt as far as it is known. */
export interface LiveText {
  readonly turn: number;
  readonly attempt: number;
  /** Of its last piece. */
  readonly seq: number;
  readonly text: string;
}

/** How much of which attempt a reader has been shown. */
export interface Shown {
  readonly turn: number;
  readonly attempt: number;
  readonly characters: number;
}

/** The text after a look, whose cursor was that of the text before it. */
export function nextText(before: LiveText | null, look: Writing): LiveText | null {
  const { turn, attempt, seq, text } = look;
  if (turn === null || attempt === null) return null;
  const isSame = before !== null && isOf(before, { turn, attempt });
  return { turn, attempt, seq, text: isSame ? before.text + text : text };
}

interface Attempt {
  readonly turn: number;
  readonly attempt: number;
}
const isOf = (one: Attempt, other: Attempt): boolean =>
  one.turn === other.turn && one.attempt === other.attempt;

/**
 * The events for a reader that was shown `shown` and has taken the commit of every turn up to
 * `committed`, and what it has been shown then. Of a committed turn it is told by a numbered event.
 */
export function catchUp(
  look: Pick<Writing, 'runId' | 'turns' | 'ended' | 'isLost'>,
  live: LiveText | null,
  { shown, committed }: { readonly shown: Shown | null; readonly committed: number },
): { readonly events: readonly LiveEvent[]; readonly shown: Shown | null } {
  const open = live === null || live.turn <= committed ? null : live;
  const events: LiveEvent[] = [];
  let characters = 0;
  if (shown !== null && open !== null && isOf(shown, open)) characters = shown.characters;
  else {
    if (shown !== null) {
      // Its commit is still to be handed over, and is what makes it void.
      if (open === null && shown.turn <= look.turns) return { events, shown };
      if (shown.turn > look.turns) events.push(discarded(look, shown, open !== null));
    }
    if (open === null) return { events, shown: null };
    events.push({ type: 'attempt-started', data: dataOf(look.runId, open) });
  }
  if (open.text.length > characters) {
    const text = open.text.slice(characters);
    events.push({ type: 'delta', data: { ...dataOf(look.runId, open), text } });
  }
  const { turn, attempt, text } = open;
  return { events, shown: { turn, attempt, characters: text.length } };
}

const dataOf = (runId: RunId, { turn, attempt }: Attempt): LiveData['attempt-started'] => ({
  runId,
  turn,
  attempt,
});

function discarded(
  { runId, ended, isLost }: Pick<Writing, 'runId' | 'ended' | 'isLost'>,
  shown: Shown,
  isSuperseded: boolean,
): LiveEvent {
  const without: DiscardReason = ended ? 'ended' : isLost ? 'lost' : 'failed';
  const reason = isSuperseded ? 'superseded' : without;
  return { type: 'attempt-discarded', data: { ...dataOf(runId, shown), reason } };
}
