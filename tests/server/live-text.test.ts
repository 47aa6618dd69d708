/** What readers are shown of turns under way, whenever they come, are full, or are told of commits late. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { afterEvent, afterLive, type Writing } from '../../console/words/writing.js';
import type { EventView } from '../../contracts/event.js';
import { discardReasons, type LiveEvent } from '../../contracts/live-event.js';
import type { RunId } from '../../contracts/ids.js';
import { catchUp, nextText, type LiveText, type Shown } from '../../server/live-text.js';
import type { Writing as Look } from '../../store/deltas.js';

const runId = 'run_0' as RunId;

/** The truth in Postgres: committed turns with their texts, and the attempt that is open. */
interface World {
  readonly committed: string[];
  open: { turn: number; attempt: number; pieces: string[] } | null;
  attempts: number;
  /** Every text that was ever open, by turn and attempt. */
  readonly texts: Map<string, string>;
}

/** A reader behind its queue: numbered events may come to it late, live ones only when it has room. */
interface Client {
  shown: Shown | null;
  committed: number;
  isFull: boolean;
  /** Where it came in: what it knew of commits then. */
  view: Writing | null;
  /** Attempts it was told have begun and not that they are over. */
  readonly begun: Set<string>;
}

const nameOf = ({ turn, attempt }: { turn: number; attempt: number }): string =>
  `${turn}.${attempt}`;
const commitEvent = (turn: number): EventView => ({
  runId,
  seq: turn,
  type: 'turn-committed',
  at: '',
  data: { turn },
});

const acts = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ kind: 'open' as const }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('write' as const), text: fc.string() }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'close' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' as const }) },
  { weight: 9, arbitrary: fc.constant({ kind: 'look' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'join' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('hear' as const), who: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('fill' as const), who: fc.nat(9) }) },
);

function lookAt(world: World, live: LiveText | null): Look {
  const { committed, open } = world;
  const same = live !== null && open !== null && nameOf(live) === nameOf(open);
  return {
    runId,
    turns: committed.length,
    ended: false,
    isLost: false,
    turn: open?.turn ?? null,
    attempt: open?.attempt ?? null,
    seq: open?.pieces.length ?? 0,
    text: (open?.pieces ?? []).slice(same ? live.seq : 0).join(''),
  };
}

function tell(client: Client, event: LiveEvent): void {
  client.view = afterLive(client.view, event);
  if (event.type === 'attempt-started') client.begun.add(nameOf(event.data));
  if (event.type === 'attempt-discarded') client.begun.delete(nameOf(event.data));
}

/** The next numbered event, as `topics.ts` hands it over. */
function hearCommit(client: Client): void {
  client.committed += 1;
  if (client.shown !== null && client.shown.turn <= client.committed) client.shown = null;
  client.view = afterEvent(client.view, commitEvent(client.committed));
  for (const name of client.begun) {
    if (Number.parseInt(name, 10) <= client.committed) client.begun.delete(name);
  }
}

function expectTruth(client: Client, world: World): void {
  const { view } = client;
  if (view === null) return;
  // What is seen was written by one attempt, from its start, and not by one whose commit is known.
  expect(world.texts.get(nameOf(view))?.startsWith(view.text)).toBe(true);
  expect(view.turn).toBeGreaterThan(client.committed);
}

test('a reader sees a beginning of one attempt’s text, never of a turn it knows committed, and in the end what is open', () => {
  fc.assert(
    fc.property(fc.array(acts, { maxLength: 80 }), (story) => {
      const world: World = { committed: [], open: null, attempts: 0, texts: new Map() };
      const clients: Client[] = [];
      let live: LiveText | null = null;
      const look = (): void => {
        const seen = lookAt(world, live);
        live = nextText(live, seen);
        for (const client of clients.filter(({ isFull }) => !isFull)) {
          const { events, shown } = catchUp(seen, live, client);
          for (const event of events) tell(client, event);
          client.shown = shown;
        }
      };
      for (const act of story) {
        const client = 'who' in act ? clients[act.who] : undefined;
        if (act.kind === 'open') {
          world.attempts += 1;
          const turn = world.committed.length + 1;
          world.open = { turn, attempt: world.attempts, pieces: [] };
          world.texts.set(nameOf(world.open), '');
        } else if (act.kind === 'write' && world.open !== null) {
          world.open.pieces.push(act.text);
          world.texts.set(nameOf(world.open), world.open.pieces.join(''));
        } else if (act.kind === 'close') world.open = null;
        else if (act.kind === 'commit') {
          world.committed.push('text');
          world.open = null;
        } else if (act.kind === 'look') look();
        else if (act.kind === 'join') {
          const committed = world.committed.length;
          clients.push({ shown: null, committed, isFull: false, view: null, begun: new Set() });
        } else if (client !== undefined && act.kind === 'fill') client.isFull = !client.isFull;
        else if (client !== undefined && client.committed < world.committed.length) {
          hearCommit(client);
        }
        for (const each of clients) expectTruth(each, world);
      }
      // Everyone catches up: all see the same, and of what was begun nothing else is left.
      for (const each of clients) {
        each.isFull = false;
        while (each.committed < world.committed.length) hearCommit(each);
      }
      look();
      const open = world.open === null ? null : { ...world.open, text: world.open.pieces.join('') };
      for (const { view, begun } of clients) {
        expect(view?.text ?? null).toBe(open?.text ?? null);
        expect([...begun]).toEqual(open === null ? [] : [nameOf(open)]);
      }
    }),
    { numRuns: 1_000 },
  );
});

describe('an attempt that ends without its commit is told to be void', () => {
  const shown = { turn: 1, attempt: 1, characters: 3 };
  const look = { runId, turns: 0, ended: false, isLost: false };
  const next = { turn: 1, attempt: 2, seq: 0, text: '' };
  test.each([
    ['superseded', look, next],
    ['failed', look, null],
    ['lost', { ...look, isLost: true }, null],
    ['ended', { ...look, ended: true }, null],
  ] as const)('because it is %s', (reason, seen, live) => {
    const { events } = catchUp(seen, live, { shown, committed: 0 });
    expect(events[0]).toEqual({
      type: 'attempt-discarded',
      data: { runId, turn: 1, attempt: 1, reason },
    });
    expect(discardReasons).toContain(reason);
  });
});

test('a look that is older than the commit a reader has taken shows it nothing', () => {
  const live = { turn: 1, attempt: 1, seq: 1, text: 'stale' };
  const look = { runId, turns: 0, ended: false, isLost: false };
  expect(catchUp(look, live, { shown: null, committed: 1 })).toEqual({ events: [], shown: null });
});
