/** Two calls that are the same thing in the world, whoever planned them (P3). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { OnRepeat } from '../../contracts/agent.js';
import type { EffectClass } from '../../contracts/effect.js';
import type { CallId } from '../../contracts/ids.js';
import { digestOf } from '../../runtime/digest.js';
import { recordAttempt, type Learned } from '../../store/call-attempt.js';
import { startCall, type AttemptTerms, type Start } from '../../store/call-start.js';
import { listEffects } from '../../store/effect-views.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import type { RunAddress } from '../../store/run-transaction.js';
import { planInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const hour = 3_600_000;
const done: Learned = { kind: 'done', result: '{"id":"re_1"}', externalRef: 're_1' };
const refused: Learned = { kind: 'refused', message: 'no' };
const unsent: Learned = { kind: 'not-sent', code: 'tool-unreachable', retryInMs: 1 };

interface Booking {
  readonly address: RunAddress;
  readonly callId: CallId;
}

/** A run whose one call does the thing of this name. */
async function plan(thing: string, effect: EffectClass = 'keyed'): Promise<Booking> {
  const runId = await queueRun(test.database);
  const business = { scope: 'tenant', key: digestOf(thing) };
  const { callId } = await planInRun(test.database, runId, { verdict: 'allow', effect, business });
  return { address: { tenantId: 'default', runId }, callId };
}
const start = (
  { address, callId }: Booking,
  onRepeat: OnRepeat = 'reuse',
  changes: Partial<AttemptTerms> = {},
): Promise<Start> =>
  startCall(test.database, address, callId, {
    ...terms,
    verdict: 'allow',
    repeats: { withinMs: hour, onRepeat },
    ...changes,
  });
async function carryOut(booking: Booking, learned: Learned): Promise<void> {
  const started = await start(booking);
  const fence = started.kind === 'started' ? started.fence : null;
  await recordAttempt(test.database, booking.address, booking.callId, fence, learned);
}
const callOf = async ({ address }: Booking) => (await listCalls(test.database, address))![0]!;
const effectsOf = ({ address }: Booking) => listEffects(test.database, address);
/** As if the thing had been claimed so long ago. */
const age = (thing: string, hours: number) =>
  test.database.pool.query(
    `UPDATE business_claim SET claimed_at = claimed_at - $2 * interval '1 hour' WHERE key = $1`,
    [digestOf(thing), hours],
  );

describe('the same thing, planned twice', () => {
  it('at once, is sent by one of them, however many there are', async () => {
    for (let round = 0; round < 10; round += 1) {
      const thing = randomUUID();
      const bookings = await Promise.all(Array.from({ length: 6 }, () => plan(thing)));
      const starts = await Promise.all(bookings.map((booking) => start(booking)));
      expect(starts.map(({ kind }) => kind).toSorted()).toEqual([
        ...Array<string>(5).fill('in-flight'),
        'started',
      ]);
    }
  });

  it('at once, is sent by one of them also where it was done long before', async () => {
    for (let round = 0; round < 10; round += 1) {
      const thing = randomUUID();
      await carryOut(await plan(thing), done);
      await age(thing, 2);
      const bookings = await Promise.all(Array.from({ length: 6 }, () => plan(thing)));
      const starts = await Promise.all(bookings.map((booking) => start(booking)));
      expect(starts.filter(({ kind }) => kind === 'started')).toHaveLength(1);
    }
  });

  it('is answered from the first once that is done, and says so', async () => {
    const thing = randomUUID();
    const first = await plan(thing);
    await carryOut(first, done);
    const second = await plan(thing);
    expect(await start(second)).toEqual({ kind: 'finished' });
    expect(await effectsOf(second)).toEqual([]);
    const { callId, address } = first;
    const deduplicated = { callId, runId: address.runId, at: expect.any(String) };
    expect(await callOf(second)).toMatchObject({
      outcome: 'succeeded',
      result: { deduplicated, result: { id: 're_1' } },
    });
    const events = await readEvents(test.database, second.address, 0, 100);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'call-deduplicated',
        data: { callId: second.callId, firstCallId: callId, firstRunId: address.runId },
      }),
    );
  });

  it('is answered from the first with what strangers wrote, and its run has read that', async () => {
    const taintsOf = async ({ address }: Booking) =>
      (await readEvents(test.database, address, 0, 100))!.filter(
        ({ type }) => type === 'run-tainted',
      );
    const thing = randomUUID();
    await carryOut(await plan(thing), done);
    const second = await plan(thing);
    await start(second, 'reuse', { taints: true });
    expect(await taintsOf(second)).toMatchObject([{ data: { callId: second.callId } }]);
    const third = await plan(thing);
    await start(third);
    expect(await taintsOf(third)).toEqual([]);
  });

  it('is asked about where the tool wants that, once the first is done', async () => {
    const thing = randomUUID();
    await carryOut(await plan(thing), done);
    const second = await plan(thing);
    expect(await start(second, 'ask')).toMatchObject({ kind: 'needs-approval' });
    expect(await callOf(second)).toMatchObject({ state: 'asking', verdict: 'ask' });
    expect(await effectsOf(second)).toEqual([]);
  });

  it('is asked about, and never reused, where nobody knows whether the first was done', async () => {
    const thing = randomUUID();
    const first = await plan(thing, 'unsafe');
    await carryOut(first, { kind: 'unknown', code: 'tool-unreachable', retryInMs: 1 });
    expect(await effectsOf(first)).toMatchObject([{ state: 'parked' }]);
    expect(await start(await plan(thing))).toMatchObject({ kind: 'needs-approval' });
  });

  it('is done again where the first was refused, or was done before the window', async () => {
    const thing = randomUUID();
    await carryOut(await plan(thing), refused);
    const second = await plan(thing);
    await carryOut(second, done);
    expect(await effectsOf(second)).toMatchObject([{ state: 'confirmed' }]);
    await age(thing, 2);
    expect(await start(await plan(thing))).toMatchObject({ kind: 'started' });
  });

  it('is the thing of whoever sends it last, also when that one had to wait longer than the window', async () => {
    const thing = randomUUID();
    const slow = await plan(thing);
    // Its service was away, for longer than the window.
    await carryOut(slow, unsent);
    await age(thing, 2);
    await carryOut(await plan(thing), refused);
    expect(await start(slow)).toMatchObject({ kind: 'started' });
    expect(await start(await plan(thing))).toMatchObject({ kind: 'in-flight' });
  });
});
