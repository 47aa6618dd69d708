/** Draws the story of a run: one line an event, waits and further attempts marked. */
import { h, quoted, renderList, ticking, time } from './dom.js';
import { clock } from './parts.js';
import { timelineOf } from './timeline.js';
import { countWords, durationWords } from './words.js';

/** @typedef {import('../contracts/event.js').EventView} Event */

/** @type {(list: HTMLElement, events: readonly Event[]) => void} */
export function drawTimeline(list, events) {
  const items = timelineOf(events);
  const startMs = Date.parse(items[0]?.at ?? '');
  renderList(list, items, {
    keyOf: ({ seq }) => String(seq),
    classOf: ({ tone = 'plain', waitingSince }) => `is-${tone}${waitingSince ? ' is-open' : ''}`,
    build: ({ at, seq, sentence, detail, attempt, waitedMs, waitingSince }) => [
      h(
        'span',
        { class: 'when' },
        seq === 1 ? clock(at) : time(at, `+${durationWords(Date.parse(at) - startMs)}`),
      ),
      h(
        'div',
        {},
        h(
          'p',
          {},
          sentence,
          attempt === undefined ? null : h('span', { class: 'mark' }, `attempt ${attempt}`),
          waitedMs === null
            ? null
            : h('span', { class: 'mark is-wait' }, `after waiting ${durationWords(waitedMs)}`),
          waitingSince === null ? null : waitingMark(waitingSince),
        ),
        detail === undefined ? null : quoted(detail),
      ),
    ],
  });
}

/** @param {string} since */
const waitingMark = (since) =>
  h(
    'span',
    { class: 'mark is-wait' },
    ticking((nowMs) => `waiting for ${countWords(nowMs - Date.parse(since))}`),
  );
