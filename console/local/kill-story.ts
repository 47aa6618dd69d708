/** What a kill of the worker did to one run, from its events. Pure. */
import type { EventView } from '../../contracts/event.js';
import type { KillView } from '../../contracts/local.js';
import { plural } from '../words/amounts.js';
import { durationWords } from '../words/times.js';

/** A call that was being carried out when the worker was killed. */
export interface HitCall {
  readonly callId: string;
  readonly title: string;
  /** The key under which it was sent, and how often; null for a call without an effect. */
  readonly effect: { readonly key: string; readonly dispatches: number } | null;
  /** The attempt that took over; null until one does. */
  readonly takeover: { readonly attempt: number; readonly at: string } | null;
  readonly isFinished: boolean;
}

interface EventFields {
  readonly callId?: string;
  readonly title?: string;
  readonly attempt?: number;
  readonly key?: string;
}

const fieldsOf = ({ data }: EventView): EventFields => (data ?? {}) as EventFields;

/** The kills during the life of a run, newest first. `endedAt` is null while it is open. */
export const killsDuring = (
  kills: readonly KillView[],
  { createdAt, finishedAt }: { readonly createdAt: string; readonly finishedAt: string | null },
): readonly KillView[] =>
  kills.filter(
    ({ at }) =>
      Date.parse(at) >= Date.parse(createdAt) &&
      (finishedAt === null || Date.parse(at) <= Date.parse(finishedAt)),
  );

/** The calls that had begun and not ended at the kill. */
export function callsHit(events: readonly EventView[], kill: KillView): readonly HitCall[] {
  const killedMs = Date.parse(kill.at);
  const isBefore = ({ at }: EventView): boolean => Date.parse(at) <= killedMs;
  const of = (type: string) => events.filter((event) => event.type === type);
  const begun = of('call-started').filter(isBefore);
  const ids = new Set(begun.map((event) => fieldsOf(event).callId ?? ''));
  return [...ids].flatMap((callId) => {
    const mine = (type: string) => of(type).filter((event) => fieldsOf(event).callId === callId);
    const ended = mine('call-finished')[0];
    if (ended !== undefined && isBefore(ended)) return [];
    const dispatched = mine('effect-dispatched');
    const next = mine('call-started').find((event) => !isBefore(event));
    const { attempt = 1 } = next === undefined ? {} : fieldsOf(next);
    return [
      {
        callId,
        title: fieldsOf(mine('call-planned')[0] ?? begun[0]!).title ?? 'a call',
        effect:
          dispatched[0] === undefined
            ? null
            : { key: fieldsOf(dispatched[0]).key ?? '', dispatches: dispatched.length },
        takeover: next === undefined ? null : { attempt, at: next.at },
        isFinished: ended !== undefined,
      },
    ];
  });
}

/** What became of the worker. */
export function workerSentence({ pid, replacement, at }: KillView): string {
  const killed = `Worker ${pid} was killed with SIGKILL.`;
  if (replacement === null) return `${killed} The stack starts another one now.`;
  const ms = Date.parse(replacement.at) - Date.parse(at);
  return `${killed} Worker ${replacement.pid} was started ${durationWords(ms)} later.`;
}

/** What became of the call. */
export function callSentence({ title, takeover, effect, isFinished }: HitCall, at: string): string {
  const middle = `In the middle: ${title}.`;
  if (takeover === null) {
    return isFinished
      ? `${middle} It ended without a further attempt.`
      : `${middle} It is missed within seconds, and taken over.`;
  }
  const later = durationWords(Date.parse(takeover.at) - Date.parse(at));
  const key = effect === null ? '' : `; sent ${plural(effect.dispatches, 'time')}, under one key`;
  return `${middle} Attempt ${takeover.attempt} began ${later} after the kill${key}.`;
}

/** The card in one line, as far as it is known. */
export function headlineOf({ takeover }: HitCall, refunds: number | null): string {
  const attempt =
    takeover === null ? 'waiting for the next attempt' : `attempt ${takeover.attempt}`;
  return refunds === null ? attempt : `${attempt} · refunds received by payments: ${refunds}`;
}
