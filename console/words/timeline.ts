/** The events of a run as rows: what was done, and apart from it what was waited for. Pure. */
import type { EventView } from '../../contracts/event.js';
import { tellEvent } from './tellings.js';
import type { Told } from './told.js';

/** What was waited for, as it ends a sentence: "Waited 12 s for a person to decide". */
const awaited = {
  start: 'for a worker',
  turn: 'before the model is asked again',
  call: 'before the next attempt',
  held: 'for someone to lift a kill switch',
  approval: 'for a person to decide',
  effect: 'for a person to say what happened',
  lost: 'until the lost attempt was missed',
} as const;
export type AwaitedKind = keyof typeof awaited;

export interface WorkRow extends Told {
  readonly kind: 'work';
  readonly seq: number;
  /** RFC 3339. */
  readonly at: string;
}

export interface WaitRow {
  readonly kind: 'wait';
  /** Of the event that began it. */
  readonly seq: number;
  readonly awaits: AwaitedKind;
  readonly since: string;
  /** Null while it goes on. */
  readonly until: string | null;
}

export type TimelineRow = WorkRow | WaitRow;

/** A wait shorter than this is the machine's own pace and not worth a row. */
const worthTellingMs = 1_000;

/** How long a wait took, or takes. */
export const waitMs = ({ since, until }: WaitRow, nowMs: number): number =>
  (until === null ? nowMs : Date.parse(until)) - Date.parse(since);

export const awaitedWords = (kind: AwaitedKind): string => awaited[kind];

/** Says whether a wait is to be shown. */
export const isWorthTelling = (row: WaitRow, nowMs: number): boolean =>
  waitMs(row, nowMs) >= worthTellingMs;

/** How much of a story was waiting: of waits that overlap each moment counts once. */
export function waitedMs(rows: readonly TimelineRow[], nowMs: number): number {
  const waits = rows
    .flatMap((row) => (row.kind === 'wait' ? [row] : []))
    .map((row) => ({
      start: Date.parse(row.since),
      end: Date.parse(row.since) + waitMs(row, nowMs),
    }))
    .toSorted((left, right) => left.start - right.start);
  let sum = 0;
  let seenUntil = 0;
  for (const { start, end } of waits) {
    sum += Math.max(0, end - Math.max(start, seenUntil));
    seenUntil = Math.max(seenUntil, end);
  }
  return sum;
}

interface EventFields {
  readonly callId?: string;
  readonly approvalId?: string;
  readonly key?: string;
  readonly code?: string;
  readonly title?: string;
  readonly attempt?: number;
  readonly fence?: number;
  readonly by?: string;
}

/** What an attempt begins with: whichever is told first ends the silence of the one before. */
const takeovers: ReadonlySet<string> = new Set(['call-started', 'effect-dispatched']);

/** What ends a question: votes, edits, reminders and escalations leave it open. */
const answered: ReadonlySet<string> = new Set([
  'approval-decided',
  'approval-expired',
  'approval-cancelled',
]);

/** A wait that goes on: which events end it, and where its row stands. */
interface OpenWait {
  readonly name: string;
  readonly index: number;
}

/** The story so far in order: a row an event, and after each event that begins a wait a row of it. */
export function timelineOf(events: readonly EventView[]): readonly TimelineRow[] {
  const titles = new Map<string, string>();
  /** As the model planned it: an edit makes a title out of this one. */
  const planned = new Map<string, string>();
  const lastOfCall = new Map<string, EventView>();
  let open: OpenWait[] = [];
  const rows: TimelineRow[] = [];
  for (const event of events) {
    const { type, seq, at } = event;
    const data = (event.data ?? {}) as EventFields;
    const { callId = '', attempt = 1, fence = 1 } = data;
    if (type === 'call-planned') {
      titles.set(callId, data.title ?? '');
      planned.set(callId, data.title ?? '');
    }
    const ends = endsWait(type, data);
    for (const { name, index } of open) {
      const row = rows[index];
      if (ends(name) && row?.kind === 'wait') rows[index] = { ...row, until: at };
    }
    const before = lastOfCall.get(callId);
    const isTakeover = attempt > 1 || fence > 1;
    if (isTakeover && takeovers.has(type) && before && before.type !== 'call-retrying') {
      rows.push({ kind: 'wait', seq, awaits: 'lost', since: before.at, until: at });
    }
    open = open.filter(({ name }) => !ends(name));
    rows.push({ kind: 'work', seq, at, ...tellEvent(event, (id) => titles.get(id) || 'a call') });
    const begun = waitBegun(type, data);
    if (begun !== null) {
      open.push({ name: begun.name, index: rows.length });
      rows.push({ kind: 'wait', seq, awaits: begun.awaits, since: at, until: null });
    }
    if (type === 'approval-edited') {
      titles.set(
        callId,
        `${planned.get(callId) ?? 'a call'}, with arguments changed by ${data.by}`,
      );
    }
    if (callId !== '') lastOfCall.set(callId, event);
  }
  return rows;
}

function waitBegun(
  type: string,
  { callId, approvalId, key, code }: EventFields,
): { readonly name: string; readonly awaits: AwaitedKind } | null {
  if (type === 'run-created') return { name: 'start', awaits: 'start' };
  if (type === 'turn-retrying') {
    return { name: 'turn', awaits: code === 'effect-not-settled' ? 'effect' : 'turn' };
  }
  if (type === 'call-retrying') {
    return { name: `call:${callId}`, awaits: code === 'kill-switch-on' ? 'held' : 'call' };
  }
  if (type === 'approval-requested') return { name: `approval:${approvalId}`, awaits: 'approval' };
  if (type === 'effect-parked') return { name: `effect:${key}`, awaits: 'effect' };
  return null;
}

function endsWait(
  type: string,
  { callId, approvalId, key }: EventFields,
): (name: string) => boolean {
  if (type.startsWith('run-') && type !== 'run-created') {
    // What is parked outlives its run: a person's word is still wanted.
    return (name) => (type === 'run-started' ? name === 'start' : !name.startsWith('effect:'));
  }
  if (type.startsWith('turn-')) return (name) => name === 'turn';
  if (type.startsWith('call-')) return (name) => name === `call:${callId}`;
  if (answered.has(type)) return (name) => name === `approval:${approvalId}`;
  if (type === 'effect-resolved') return (name) => name === `effect:${key}`;
  return () => false;
}
