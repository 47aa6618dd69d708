/** Someone who follows a run to its end and sees what a console shows, however often the stream is cut. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterEvent, afterLive, isLiveType, type Writing } from '../../console/words/writing.js';
import type { EventData, EventView } from '../../contracts/event.js';
import type { LiveEvent } from '../../contracts/live-event.js';
import { readStream, type Frame } from '../server/read-stream.js';

export interface WatchedRun {
  readonly frames: readonly Frame[];
  /** What is shown of the turn under way. */
  view(): Writing | null;
  /** Every text that was shown, with its turn. */
  readonly shown: readonly Writing[];
  /** The committed texts, by turn, as they were told. */
  readonly committed: ReadonlyMap<number, readonly string[]>;
  /** Resolves when the gateway has said that there is no more. */
  readonly done: Promise<void>;
}

const againMs = 100;

/** Follows a run from after the event `after` on, and comes back when the stream is lost. */
export function watchRun(
  gatewayUrl: string,
  runId: string,
  after: number | null = null,
): WatchedRun {
  const frames: Frame[] = [];
  const shown: Writing[] = [];
  const committed = new Map<number, string[]>();
  let view: Writing | null = null;
  let last = after;
  const take = (frame: Frame): void => {
    frames.push(frame);
    const { id, event: type, data } = frame;
    if (isLiveType(type)) view = afterLive(view, { type, data } as LiveEvent);
    else if (type !== 'end') {
      const event = data as EventView;
      last = Number(id);
      view = afterEvent(view, event);
      if (type === 'turn-committed') {
        const { turn, text } = event.data as EventData['turn-committed'];
        committed.set(turn, [...(committed.get(turn) ?? []), text]);
      }
    }
    if (view !== null && shown.at(-1) !== view) shown.push(view);
  };
  const follow = async (): Promise<void> => {
    for (;;) {
      const url = `${gatewayUrl}/v1/runs/${runId}/events`;
      const part = await readStream(url, last, Infinity, take).catch(() => null);
      if (part?.isEnded === true) return;
      view = null;
      await wait(againMs);
    }
  };
  return { frames, view: () => view, shown, committed, done: follow() };
}
