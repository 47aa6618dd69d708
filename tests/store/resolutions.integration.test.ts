/** A person's word on a parked effect, and what is called one (P3, P4). */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { settle } from '../../activities/settle.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { resolveEffect } from '../../store/resolutions.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { parkRun, type ParkedRun } from '../support/parked-run.js';
import { testVerifier } from '../support/signing-keys.js';
import { signWord } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const saidToHaveHappened = async (): Promise<ParkedRun> => {
  const parked = await parkRun(test.database);
  await resolveEffect(test.database, {
    tenantId: 'default',
    effectKey: parked.key,
    by: 'otto',
    outcome: 'happened',
    externalRef: 're_7',
    message: 'it is in the books',
    key: null,
    sign: signWord,
  });
  return parked;
};
/** As the worker does when it hears of the word. */
const hear = ({ address, callId }: ParkedRun) => {
  const deps = { database: test.database, verifier: testVerifier() };
  return settle(deps, address, callId, 'tool-failed');
};
const callOf = async ({ address }: ParkedRun) => (await listCalls(test.database, address))?.[0];
const findingsOf = async ({ address }: ParkedRun) =>
  ((await readEvents(test.database, address, 0, 100)) ?? [])
    .filter(({ type }) => type === 'tampering-found')
    .map(({ data }) => (data as { findings: readonly string[] }).findings);

it('is believed as its gateway signed it', async () => {
  const parked = await saidToHaveHappened();
  await hear(parked);
  expect(await callOf(parked)).toMatchObject({ outcome: 'succeeded' });
  expect(await findingsOf(parked)).toEqual([]);
});

it.each([
  ['that nobody signed', 'resolution_signature = NULL, resolution_key_id = NULL'],
  ['that says another outcome', `resolution = 'absent'`],
  ['that is somebody else’s', `resolved_by = 'mallory'`],
  ['that names another thing', `external_ref = 're_8'`],
])('%s is not believed, and the alarm says so', async (what, swap) => {
  const parked = await saidToHaveHappened();
  await test.database.pool.query(`UPDATE effect SET ${swap} WHERE key = $1`, [parked.key]);
  await hear(parked);
  expect(await callOf(parked)).toMatchObject({ outcome: 'tampered' });
  const who = what.includes('else') ? 'mallory' : 'otto';
  expect(await findingsOf(parked)).toEqual([[`word of ${who}: it is not what was signed`]]);
});
