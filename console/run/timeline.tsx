/** The story of a run: work on a line, waits set apart from it, further attempts marked. */
import { useMemo } from 'preact/hooks';
import type { EventView } from '../../contracts/event.js';
import type { RunView } from '../../contracts/run.js';
import { serverNow, useNow } from '../api/clock.js';
import type { FeedState } from '../api/run-feed.js';
import { Quote } from '../parts/quote.js';
import { Ticking } from '../parts/times.js';
import {
  awaitedWords,
  isWorthTelling,
  timelineOf,
  waitedMs,
  waitMs,
  type TimelineRow,
  type WaitRow,
  type WorkRow,
} from '../words/timeline.js';
import type { Writing } from '../words/writing.js';
import { clockWords, countWords, durationWords } from '../words/times.js';

interface TimelineProps {
  readonly run: RunView;
  readonly events: readonly EventView[];
  readonly writing: Writing | null;
  readonly feed: FeedState;
}

const feedWords = {
  connecting: 'Connecting…',
  live: 'Live.',
  lost: 'Connection lost; trying again.',
  over: 'The run is over.',
} as const satisfies Record<FeedState, string>;

export function Timeline({ run, events, writing, feed }: TimelineProps) {
  const rows = useMemo(() => timelineOf(events), [events]);
  const startMs = Date.parse(run.createdAt);
  return (
    <>
      <p class="small">
        <span role="status">{feedWords[feed]}</span>{' '}
        {rows.length > 0 && <Ticking text={(nowMs) => spentWords(run, rows, nowMs)} />}
      </p>
      <ol class="timeline">
        {rows.map((row) =>
          row.kind === 'wait' ? (
            <Wait key={`${row.awaits} ${row.seq}`} row={row} />
          ) : (
            <Work key={row.seq} row={row} startMs={startMs} />
          ),
        )}
        {writing !== null && <Provisional writing={writing} />}
      </ol>
    </>
  );
}

/** How long it took, and how much of that was waiting. */
function spentWords(run: RunView, rows: readonly TimelineRow[], nowMs: number): string {
  const endMs = run.finishedAt === null ? nowMs : Date.parse(run.finishedAt);
  const all = endMs - Date.parse(run.createdAt);
  const waited = Math.min(waitedMs(rows, endMs), all);
  const total = run.finishedAt === null ? countWords(all) : durationWords(all);
  return `${total} altogether, of which ${countWords(waited)} waiting.`;
}

/** One thing that was done, with its time from `startMs` on; the first with its time of day. */
export function Work({ row, startMs }: { readonly row: WorkRow; readonly startMs: number }) {
  const { at, seq, sentence, tone = 'plain', detail, attempt } = row;
  return (
    <li class={`is-${tone}`}>
      <time class="when" dateTime={at} title={at}>
        {seq === 1 ? clockWords(at, serverNow()) : `+${durationWords(Date.parse(at) - startMs)}`}
      </time>
      <div>
        <p>
          {sentence}
          {attempt !== undefined && <span class="mark is-attempt">attempt {attempt}</span>}
        </p>
        {detail !== undefined && <Quote text={detail} />}
      </div>
    </li>
  );
}

/**
 * The text of a turn that is not committed yet. No live region: a reader of the screen is told of
 * the turn when it is whole, not of every word.
 */
function Provisional({ writing: { attempt, text } }: { readonly writing: Writing }) {
  return (
    <li class="is-writing" aria-busy="true">
      <span />
      <div>
        <p>
          The model is writing…
          {attempt > 1 && <span class="mark is-attempt">attempt {attempt}</span>}
        </p>
        {text !== '' && <Quote text={text} />}
      </div>
    </li>
  );
}

function Wait({ row }: { readonly row: WaitRow }) {
  const nowMs = useNow();
  if (!isWorthTelling(row, nowMs)) return null;
  const ms = waitMs(row, nowMs);
  return (
    <li class={row.until === null ? 'waited is-open' : 'waited'}>
      <p>
        {row.until === null ? `Waiting ${countWords(ms)}` : `Waited ${durationWords(ms)}`}{' '}
        {awaitedWords(row.awaits)}
      </p>
    </li>
  );
}
