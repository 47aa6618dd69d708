/** Unwinds on a real ledger: what is undone, in which order, and what stands in the way (P3). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import type { UnwindOutput } from '../../contracts/unwind.js';
import { resolveEffect } from '../../store/resolutions.js';
import { listEffects } from '../../store/effect-views.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { openRun, requestCancel } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { requestUnwind } from '../../store/unwinds.js';
import { unwindIdOf } from '../../runtime/ids.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { openFlagDesk, type FlagDesk } from '../support/flag-desk.js';
import { signWord } from '../support/votes.js';

let test: TestDatabase;
let desk: FlagDesk;
beforeAll(async () => {
  test = await openTestDatabase();
});
beforeEach(async () => {
  desk = await openFlagDesk(test.database);
});
afterAll(() => test.close());

const addressOf = (runId: RunId) => ({ tenantId: 'default', runId });
const effectsOf = async (runId: RunId) =>
  (await listEffects(test.database, addressOf(runId))) ?? [];
const callsOf = async (runId: RunId) => (await listCalls(test.database, addressOf(runId))) ?? [];
const eventsOf = async (runId: RunId) =>
  (await readEvents(test.database, addressOf(runId), 0, 1_000)) ?? [];
const set = (flag: string, to: string) => ({ tool: 'set_flag', args: { flag, to } }) as const;
const addMark = { tool: 'add_mark', args: {} } as const;
const note = (text: string) => ({ tool: 'send_note', args: { text } }) as const;

async function ask(runId: RunId): Promise<RunId> {
  const request = { by: 'otto', reason: null };
  await requestUnwind(test.database, addressOf(runId), request, null);
  return unwindIdOf(runId);
}
async function unwind(runId: RunId): Promise<UnwindOutput> {
  const id = await ask(runId);
  await desk.finish(id);
  const run = await findRun(test.database, addressOf(id));
  return run?.output as UnwindOutput;
}

describe('an unwind', () => {
  it('undoes in reverse order what its run did, each by an effect of its own', async () => {
    const runId = await desk.run([set('a', 'red'), set('a', 'blue'), set('a', 'green')]);
    const before = await eventsOf(runId);
    desk.done.length = 0;
    const output = await unwind(runId);
    expect(desk.done).toEqual(['a=blue', 'a=red', 'a=white']);
    const done = await effectsOf(runId);
    const undos = await effectsOf(unwindIdOf(runId));
    expect(undos.map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed']);
    const calls = await callsOf(unwindIdOf(runId));
    expect(calls.map(({ undoes }) => undoes)).toEqual(done.map(({ key }) => key).toReversed());
    expect(done.map(({ undoneBy }) => undoneBy)).toEqual(undos.map(({ key }) => key).toReversed());
    expect(output).toMatchObject({
      message: expect.stringContaining('Undone: 3 of 3.'),
      undone: done.toReversed().map(({ key, undoneBy }) => ({ effectKey: key, undoneBy })),
      forPeople: [],
      notUndone: [],
    });
    // It has ended: only a person's word may still follow its end.
    expect(await eventsOf(runId)).toEqual(before);
  });

  it('takes back the same thing as often as it was done, and asks nobody about a repeat', async () => {
    await desk.run([set('e', 'red')]);
    // Between the marks is what an earlier run did: that one is not undone with this one.
    const runId = await desk.run([addMark, set('e', 'red'), addMark, set('e', 'red'), addMark]);
    desk.done.length = 0;
    expect((await unwind(runId)).undone).toHaveLength(3);
    expect(desk.done).toEqual(['remove_mark', 'remove_mark', 'remove_mark']);
    const calls = await callsOf(unwindIdOf(runId));
    expect(calls.map(({ verdict }) => verdict)).toEqual(['allow', 'allow', 'allow']);
  });

  it('lists for people what no tool takes back, and goes on with the rest', async () => {
    const runId = await desk.run([set('f', 'red'), note('sent')]);
    expect(await unwind(runId)).toMatchObject({
      undone: [{ title: 'set f to red' }],
      forPeople: [{ title: 'send a note', advice: 'Ask for the note back.' }],
    });
  });

  it('waits until a person has said what became of a parked effect, and undoes nothing before', async () => {
    const runId = await desk.run([set('g', 'red'), note('lost')]);
    const parked = (await effectsOf(runId)).find(({ state }) => state === 'parked');
    const id = await ask(runId);
    await openRun(test.database, addressOf(id), `engine-${id}`);
    for (const attempt of [1, 2, 3]) {
      await expect(desk.take(id, 1, attempt)).rejects.toMatchObject({
        type: 'effect-not-settled',
        nonRetryable: false,
        nextRetryDelay: 500 * 2 ** (attempt - 1),
      });
    }
    expect(await findRun(test.database, addressOf(id))).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'effect', who: 'operator', until: null }],
    });
    const told = (await eventsOf(id)).filter(({ type }) => type === 'turn-retrying');
    expect(told).toHaveLength(1);
    expect(await callsOf(id)).toEqual([]);
    // As if it had waited in this turn for a week: it waits on in the next.
    await test.database.pool.query(
      `UPDATE run SET turn_retry = turn_retry || '{"since":"2020-01-01T00:00:00Z"}' WHERE id = $1`,
      [id],
    );
    expect(await desk.take(id, 1)).toMatchObject({ kind: 'committed', isFinal: false, calls: [] });
    await expect(desk.take(id, 2)).rejects.toMatchObject({ type: 'effect-not-settled' });
    await resolveEffect(test.database, {
      tenantId: 'default',
      effectKey: parked!.key,
      by: 'otto',
      outcome: 'happened',
      externalRef: 'note_1',
      message: 'The reader has it.',
      key: null,
      sign: signWord,
    });
    await desk.finish(id);
    expect((await findRun(test.database, addressOf(id)))?.output).toMatchObject({
      undone: [{ title: 'set g to red' }],
      forPeople: [{ title: 'send a note', externalRef: 'note_1' }],
    });
  });

  it('that is cancelled undoes nothing more', async () => {
    const runId = await desk.run([set('h', 'red')]);
    const id = await ask(runId);
    await openRun(test.database, addressOf(id), `engine-${id}`);
    await requestCancel(test.database, addressOf(id), { by: 'otto', reason: null }, null);
    expect(await desk.take(id, 1)).toEqual({ kind: 'cancelled' });
  });

  it('plans each undo once, however often its turn is taken', async () => {
    const runId = await desk.run([set('i', 'red')]);
    const id = await ask(runId);
    await openRun(test.database, addressOf(id), `engine-${id}`);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => desk.take(id, 1)));
    for (const other of others) expect(other).toEqual(first);
    expect(await callsOf(id)).toHaveLength(1);
    // And were the code to forget it: Postgres takes no second undo of an effect.
    const [effect] = await effectsOf(runId);
    const again = 'UPDATE call SET undoes = $1 WHERE id = $2';
    await expect(
      test.database.pool.query(again, [effect?.key, effect?.callId]),
    ).rejects.toMatchObject({ constraint: 'call_one_undo' });
  });
});

describe('what was undone', () => {
  it('is done no more: the same thing may be done again, and is', async () => {
    const runId = await desk.run([set('k', 'red')]);
    await desk.run([set('k', 'red')]);
    expect(desk.done).toEqual(['k=red']);
    await unwind(runId);
    await desk.run([set('k', 'red')]);
    expect(desk.done).toEqual(['k=red', 'k=white', 'k=red']);
  });
});
