/** The text of turns under way: one attempt is open, what older ones write late changes nothing. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import {
  closeAttempt,
  lostAfterMs,
  openAttempt,
  sweepDeltas,
  writeDeltas,
  type AttemptAddress,
} from '../../store/deltas.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { commitPlainTurn } from '../support/plain-turn.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { createDice } from '../support/seed.js';
import { passingRowsOf, writingOf } from '../support/writing.js';

let testing: TestDatabase;
beforeAll(async () => {
  testing = await openTestDatabase();
});
afterAll(() => testing.close());

const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
async function newRun(): Promise<RunId> {
  const runId = await queueRun(testing.database);
  await openRun(testing.database, addressOf(runId), `engine-${runId}`);
  return runId;
}
const open = (runId: RunId, turn: number, engineAttempt: number) =>
  openAttempt(testing.database.pool, addressOf(runId), turn, engineAttempt);
const write = (attempt: AttemptAddress, seq: number, text: string) =>
  writeDeltas(testing.database.pool, [{ ...attempt, seq, text }]);
const close = (attempt: AttemptAddress) => closeAttempt(testing.database.pool, attempt);
const commit = (runId: RunId, turn: number) => commitPlainTurn(testing.database, runId, turn);
const shownOf = async (runId: RunId) => {
  const { turn, attempt, text } = await writingOf(testing.database, runId);
  return turn === null ? null : { turn, attempt, text };
};
async function opened(runId: RunId, turn: number, engineAttempt: number) {
  const attempt = await open(runId, turn, engineAttempt);
  if (attempt === null) throw new Error('it was not opened');
  return attempt;
}
/** As if its writer had been silent for too long. */
const silence = (runId: RunId) =>
  testing.database.pool.query(
    `UPDATE open_attempt SET seen_at = clock_timestamp() - $2 * interval '1 ms' WHERE run_id = $1`,
    [runId, lostAfterMs + 1],
  );

test('whatever comes twice, late or out of order: the open attempt alone is shown, as it was written', async () => {
  const dice = createDice('deltas');
  const { database } = testing;
  for (let story = 0; story < 12; story += 1) {
    const runId = await newRun();
    const known: AttemptAddress[] = [];
    let engineAttempt = 1;
    let turn = 1;
    let model: { attempt: AttemptAddress; pieces: Map<number, string> } | null = null;
    for (let step = 0; step < 40; step += 1) {
      const one = known[dice.roll(known.length)];
      const act = dice.roll(10);
      if (act < 2) {
        if (dice.roll(2) === 0) engineAttempt += 1;
        const attempt = await open(runId, turn, engineAttempt);
        expect(attempt).not.toBeNull();
        if (attempt !== null) {
          known.push(attempt);
          model = { attempt, pieces: new Map() };
        }
      } else if (act === 2 && one !== undefined) {
        await close(one);
        if (model !== null && isSame(model.attempt, one)) model = null;
      } else if (act === 3 && dice.roll(3) === 0) {
        await commit(runId, turn);
        [turn, engineAttempt, model] = [turn + 1, 1, null];
      } else if (act === 4) {
        await sweepDeltas(database);
      } else if (one !== undefined) {
        const [seq, text] = [1 + dice.roll(5), `${step} `];
        await write(one, seq, text);
        const isOpen = model !== null && isSame(model.attempt, one);
        if (isOpen && model?.pieces.has(seq) === false) model.pieces.set(seq, text);
      }
      const pieces = [...(model?.pieces ?? [])].toSorted(([left], [right]) => left - right);
      const text = pieces.map(([, piece]) => piece).join('');
      const { turn: itsTurn, attempt } = model?.attempt ?? {};
      expect(await shownOf(runId)).toEqual(
        model === null ? null : { turn: itsTurn, attempt, text },
      );
    }
  }
});

const isSame = (one: AttemptAddress, other: AttemptAddress): boolean =>
  one.turn === other.turn && one.attempt === other.attempt;

describe('an attempt', () => {
  test('that is superseded writes nothing from then on, also in the middle of the change', async () => {
    for (let round = 1; round <= 20; round += 1) {
      const runId = await newRun();
      const first = await opened(runId, 1, 1);
      const [second] = await Promise.all([
        opened(runId, 1, 2),
        ...[1, 2, 3].map((seq) => write(first, seq, 'old ')),
      ]);
      expect(await write(first, 4, 'late ')).toEqual([]);
      expect(await write(second, 1, 'new')).toEqual([second]);
      expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 2, text: 'new' });
    }
  });

  test('that is closed once more, late, takes nothing from the one that is open', async () => {
    const runId = await newRun();
    await opened(runId, 1, 1);
    await opened(runId, 1, 1);
    const third = await opened(runId, 1, 1);
    await close(third);
    const second = await opened(runId, 1, 2);
    await write(second, 1, 'new');
    await close(third);
    expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 2, text: 'new' });
  });

  test('of an engine’s earlier attempt that comes late does not supersede the one that lives', async () => {
    const runId = await newRun();
    const second = await opened(runId, 1, 2);
    await write(second, 1, 'new');
    expect(await open(runId, 1, 1)).toBeNull();
    expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 2, text: 'new' });
    // As after a reset, where the engine counts from one again.
    await silence(runId);
    expect(await open(runId, 1, 1)).toMatchObject({ attempt: 3 });
  });

  test('that is begun again within one attempt of the engine starts with an empty text', async () => {
    const runId = await newRun();
    await write(await opened(runId, 1, 1), 1, 'refused');
    await opened(runId, 1, 1);
    expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 2, text: '' });
  });

  test('is not opened for a turn that is committed, nor for a run that ends', async () => {
    const runId = await newRun();
    await commit(runId, 1);
    expect(await open(runId, 1, 2)).toBeNull();
    await closeRun(testing.database, addressOf(runId), { status: 'completed', code: null });
    expect(await open(runId, 2, 1)).toBeNull();
  });

  test('whose writer is silent for too long is lost, and shown again when it speaks', async () => {
    const runId = await newRun();
    const attempt = await opened(runId, 1, 1);
    await write(attempt, 1, 'so far');
    await silence(runId);
    expect(await writingOf(testing.database, runId)).toMatchObject({ turn: null, isLost: true });
    await write(attempt, 1, '');
    expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 1, text: 'so far' });
  });
});

describe('nothing is shown, and nothing is kept after a sweep,', () => {
  test.each([
    ['of a turn that was committed while its writer was dead', (runId: RunId) => commit(runId, 1)],
    [
      'of a run that ended meanwhile',
      (runId: RunId) =>
        closeRun(testing.database, addressOf(runId), { status: 'cancelled', code: null }),
    ],
  ])('%s', async (_, finish) => {
    const runId = await newRun();
    await write(await opened(runId, 1, 1), 1, 'left over');
    await finish(runId);
    expect(await shownOf(runId)).toBeNull();
    await sweepDeltas(testing.database);
    expect(await passingRowsOf(testing.database, runId)).toBe(0);
  });
});

test('a sweep leaves the text of an open attempt alone', async () => {
  const runId = await newRun();
  await write(await opened(runId, 1, 1), 1, 'going on');
  await sweepDeltas(testing.database);
  expect(await shownOf(runId)).toEqual({ turn: 1, attempt: 1, text: 'going on' });
});
