/** P6, P9 and P13 for the text of turns under way: never stale, never mixed, never more than a bound. */
import type { Guard } from '../guard.js';

const rows = 'tests/store/deltas.integration.test.ts';
const writer = 'tests/store/delta-writer.integration.test.ts';
const streams = 'tests/server/live.integration.test.ts';
const laws = 'tests/server/live-text.test.ts';

export const streamGuards: readonly Guard[] = [
  {
    promise: 'P6',
    guard: 'An attempt that is closed late takes no text from the one that is open',
    owner: 'store/deltas.ts',
    from: `        AND (held.turn, held.attempt) = (delta.turn, delta.attempt)))\`;`,
    to: `        AND (delta.turn, delta.attempt) > ($3, $4)))\`;`,
    test: { file: rows, name: 'that is closed once more, late, takes nothing' },
  },
  {
    promise: 'P6',
    guard: 'An attempt at a turn writes no more text once a later one is open',
    owner: 'store/deltas.ts',
    from: 'AND held.turn = fresh.turn AND held.attempt = fresh.attempt',
    to: 'AND held.turn = fresh.turn',
    test: { file: rows, name: 'that is superseded writes nothing from then on' },
  },
  {
    promise: 'P6',
    guard: 'An earlier attempt of the engine that comes late does not take the stream',
    owner: 'store/deltas.ts',
    from: 'AND (held.engine_attempt <= excluded.engine_attempt OR',
    to: 'AND (true OR',
    test: { file: rows, name: 'of an engine’s earlier attempt that comes late' },
  },
  {
    promise: 'P6',
    guard: 'The text of a turn is not shown once the turn is committed, whatever rows are left',
    owner: 'store/deltas.ts',
    from: 'AND ${table}.turn > run.turns AND run.ended IS NULL',
    to: 'AND run.ended IS NULL',
    test: { file: rows, name: 'of a turn that was committed while its writer was dead' },
  },
  {
    promise: 'P6',
    guard: 'A reader that has taken the commit of a turn is shown nothing more of it',
    owner: 'server/live-text.ts',
    from: 'live === null || live.turn <= committed ? null',
    to: 'live === null ? null',
    test: { file: laws, name: 'a look that is older than the commit a reader has taken' },
  },
  {
    promise: 'P6',
    guard: 'A look tells nothing to a reader that came after it had begun',
    owner: 'server/live-watch.ts',
    from: 'for (const follower of followers) {',
    to: 'for (const follower of [...topic.followers, ...followers]) {',
    test: { file: streams, name: 'a reader who comes while a look is under way' },
  },
  {
    promise: 'P6',
    guard: 'What is shown of a turn under way has no number: a reader resumes by the events alone',
    owner: 'server/sse.ts',
    from: 'show: ({ type, data }) => write(`event:',
    to: 'show: ({ type, data }) => write(`id: 0\\nevent:',
    test: { file: streams, name: 'is shown an attempt from its start, without ids' },
  },
  {
    promise: 'P9',
    guard: 'Text that Postgres does not take is kept within a bound',
    owner: 'store/delta-writer.ts',
    from: 'if (room <= 0 || !streams.has(stream)) return;',
    to: 'if (!streams.has(stream)) return;',
    test: { file: writer, name: 'no more than a bound is kept' },
  },
  {
    promise: 'P9',
    guard: 'A reader of live text who does not read is fed no more than a bound',
    owner: 'server/live-watch.ts',
    from: 'if (follower.isFull || follower.isOver) return;',
    to: 'if (follower.isOver) return;',
    test: {
      file: 'tests/server/slow-live.integration.test.ts',
      name: 'who does not read holds up nobody',
    },
  },
  {
    promise: 'P13',
    guard:
      'A piece of text that was not confirmed is sent again, so that none is missing in between',
    owner: 'store/delta-writer.ts',
    from: 'stream.piece ??= takePiece(stream);',
    to: 'stream.piece = takePiece(stream);',
    test: { file: writer, name: 'text waits, what is shown stays a beginning of it' },
  },
];
