import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLog } from '../../runtime/log.js';
import { startReminder } from '../../server/remind.js';
import { resolveEffect } from '../../store/resolutions.js';
import { readEvents } from '../../store/events.js';
import { remind, runsToRemind } from '../../store/reminders.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { parkRun, type ParkedRun } from '../support/parked-run.js';
import { signWord } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const park = () => parkRun(test.database);
/** As if it had been parked, or last reminded of, so many minutes earlier. */
const age = ({ runId }: ParkedRun, minutes: number) =>
  test.database.pool.query(
    `UPDATE effect SET parked_at = parked_at - $2 * interval '1 minute',
       reminded_at = reminded_at - $2 * interval '1 minute' WHERE run_id = $1`,
    [runId, minutes],
  );
const due = async () => (await runsToRemind(test.database, 100)).map(({ runId }) => runId);
const remindedOf = async ({ address }: ParkedRun) =>
  (await readEvents(test.database, address, 0, 1_000))!.filter(
    ({ type }) => type === 'effect-reminded',
  );

describe('a parked effect that nobody answers', () => {
  it('is reminded of after an hour, then every day, by Postgres’s clock', async () => {
    const parked = await park();
    await age(parked, 59);
    expect(await due()).not.toContain(parked.runId);
    expect(await remind(test.database, parked.address)).toEqual([]);
    await age(parked, 1);
    expect(await due()).toContain(parked.runId);
    expect(await remind(test.database, parked.address)).toEqual([parked.key]);
    const [first] = await remindedOf(parked);
    const { key, callId } = parked;
    expect(first?.data).toMatchObject({ key, callId, parkedAt: expect.stringMatching(/Z$/) });
    await age(parked, 24 * 60 - 1);
    expect(await due()).not.toContain(parked.runId);
    await age(parked, 1);
    expect(await remind(test.database, parked.address)).toEqual([parked.key]);
    expect(await remindedOf(parked)).toHaveLength(2);
  });

  it('is reminded of once, however many gateways look', async () => {
    const parked = await park();
    await age(parked, 61);
    const all = await Promise.all(
      Array.from({ length: 8 }, () => remind(test.database, parked.address)),
    );
    expect(all.flat()).toEqual([parked.key]);
    const events = (await readEvents(test.database, parked.address, 0, 1_000))!;
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(await remindedOf(parked)).toHaveLength(1);
  });

  it('is reminded of after the end of its run too, and no more once it is answered', async () => {
    const parked = await park();
    await closeRun(test.database, parked.address, { status: 'failed', code: 'internal' });
    await age(parked, 61);
    expect(await remind(test.database, parked.address)).toEqual([parked.key]);
    await resolveEffect(test.database, {
      tenantId: 'default',
      effectKey: parked.key,
      by: 'otto',
      outcome: 'absent',
      externalRef: null,
      message: 'Not there.',
      key: null,
      sign: signWord,
    });
    await age(parked, 24 * 60 + 1);
    expect(await due()).not.toContain(parked.runId);
    expect(await remind(test.database, parked.address)).toEqual([]);
  });

  it('is found by gateways by themselves, and told once', async () => {
    const parked = await park();
    await age(parked, 61);
    const log = createLog({ service: 'test', level: 'error', format: 'json' });
    const reminders = [1, 2].map(() => startReminder({ database: test.database, log }));
    await eventually('it is reminded of', async () => (await remindedOf(parked)).length > 0);
    await Promise.all(reminders.map((reminder) => reminder.stop()));
    expect(await remindedOf(parked)).toHaveLength(1);
  });
});
