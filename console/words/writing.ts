/** The text of a turn under way as it is shown: what each message makes of it. Pure. */
import { finalEvents, type EventData, type EventView } from '../../contracts/event.js';
import type { LiveEvent, LiveType } from '../../contracts/live-event.js';

export interface Writing {
  readonly turn: number;
  readonly attempt: number;
  readonly text: string;
}

const liveTypes: Readonly<Record<LiveType, true>> = {
  'attempt-started': true,
  delta: true,
  'attempt-discarded': true,
};

/** Says whether a message of the stream is of a turn under way, and no numbered event. */
export const isLiveType = (type: string): type is LiveType => Object.hasOwn(liveTypes, type);

/** The text after a live message. What is not of the attempt that began last changes nothing. */
export function afterLive(before: Writing | null, { type, data }: LiveEvent): Writing | null {
  const { turn, attempt } = data;
  if (type === 'attempt-started') return { turn, attempt, text: '' };
  if (before === null || before.turn !== turn || before.attempt !== attempt) return before;
  return type === 'delta' ? { ...before, text: before.text + data.text } : null;
}

const ends: ReadonlySet<string> = new Set(Object.values(finalEvents));

/** The text after a numbered event: what is committed, or belongs to a run that is over, is void. */
export function afterEvent(before: Writing | null, { type, data }: EventView): Writing | null {
  if (before === null || ends.has(type)) return null;
  if (type !== 'turn-committed') return before;
  return (data as EventData['turn-committed']).turn >= before.turn ? null : before;
}
