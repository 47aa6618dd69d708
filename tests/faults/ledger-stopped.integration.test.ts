/**
 * A worker that stands still in the middle of an effect while another one takes over, and then goes
 * on: what it still does, and what it says of it.
 */
import { existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EffectClass, EffectState } from '../../contracts/effect.js';
import type { EventData } from '../../contracts/event.js';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startSinkStack, type SinkStack } from '../support/sink/stack.js';
import { toolOfClass } from '../support/sink/tools.js';
import { typesOf, untilSettled, verdictOf, type EffectCase } from './effect-verdict.js';
import { tell } from './figures.js';
import { startUp } from './lives.js';
import { startProxy, type Proxy } from './proxy.js';
import { cases } from './size.js';

jest.setTimeout(7_200_000);

const times = cases(1, 10);

let stack: SinkStack;
let engine: Proxy;
let folder: string;
beforeAll(async () => {
  const [, port] = testServers().temporalAddress.split(':');
  engine = await startProxy(Number(port), createDice('the way to the engine'));
  stack = await startSinkStack({ worker: { TEMPORAL_ADDRESS: `127.0.0.1:${engine.port}` } });
  folder = mkdtempSync(path.join(testServers().folder, 'stopped-'));
});
afterAll(async () => {
  await stack.close();
  await engine.close();
});

/** `wire`: between the last look at the clock and the first byte, where no software can hold it. */
type Place = 'call-dispatched' | 'call-answered' | 'wire';
type Late = EventData['effect-late-result']['outcome'];

interface Stop {
  readonly effect: EffectClass;
  readonly place: Place;
  /** When the other worker has done what its class allows. */
  readonly state: EffectState;
  readonly timesDone: number;
  /** What the one that stood still does after that. */
  readonly doneLate: number;
  /** What it says then; null where the fence kept it from doing anything. */
  readonly late: Late | null;
}

const stop = (
  effect: EffectClass,
  place: Place,
  [state, timesDone]: readonly [EffectState, number],
  [late, doneLate]: readonly [Late | null, number],
): Stop => ({ effect, place, state, timesDone, late, doneLate });

const plan: readonly Stop[] = [
  stop('keyed', 'call-dispatched', ['confirmed', 1], ['not-sent', 0]),
  stop('keyed', 'call-answered', ['confirmed', 1], ['done', 0]),
  stop('keyed', 'wire', ['confirmed', 1], ['done', 0]),
  stop('transactional', 'call-dispatched', ['confirmed', 1], [null, 0]),
  stop('transactional', 'call-answered', ['confirmed', 1], [null, 0]),
  stop('reconcilable', 'call-dispatched', ['confirmed', 1], ['not-sent', 0]),
  stop('reconcilable', 'call-answered', ['confirmed', 1], ['done', 0]),
  // It was not there when it was searched for: a second one, which nobody can hold, and all are told.
  stop('reconcilable', 'wire', ['confirmed', 1], ['done', 1]),
  stop('unsafe', 'call-dispatched', ['parked', 0], ['not-sent', 0]),
  stop('unsafe', 'call-answered', ['parked', 1], ['done', 0]),
  // Not sent a second time by us: it is there late, and people are told before they answer.
  stop('unsafe', 'wire', ['parked', 0], ['done', 1]),
];

const lateResultsOf = async ({ runId }: EffectCase): Promise<readonly Late[]> =>
  (await stack.api.events(runId))
    .filter(({ type }) => type === 'effect-late-result')
    .map(({ data }) => (data as EventData['effect-late-result']).outcome);

/** Starts a run with a worker that stands still at the place, and resolves when it does. */
async function standStill({ effect, place }: Stop, index: number): Promise<EffectCase> {
  await stack.worker.kill();
  const reference = `stopped-${effect}-${place}-${index}`;
  const hits = path.join(folder, reference);
  const fault = place === 'wire' ? { stopsBeforeSending: hits } : {};
  const call = { tool: toolOfClass[effect], args: { reference, ...fault } };
  const { id: runId } = await stack.play([[call]]);
  await stack.worker.start(
    place === 'wire'
      ? {}
      : {
          BELAY_CRASH_RUN: runId,
          BELAY_CRASH_POINTS: `stop:${place}`,
          BELAY_CRASH_HITS: hits,
        },
  );
  await eventually(`the worker stands still at ${reference}`, async () => existsSync(hits), 60_000);
  // Its machine is gone: else the engine would hand it tasks that nobody works on.
  engine.cut();
  return { effect, reference, runId };
}

/** The one that stood still goes on alone; resolves when it has done what it still does. */
async function goOn(its: EffectCase, { late, timesDone, doneLate }: Stop): Promise<void> {
  stack.worker.signal('SIGCONT');
  if (late === null) {
    // It says nothing: when it has done something else, it has passed the place.
    await stack.spareWorker.kill();
    const other = await stack.play([[{ tool: toolOfClass.read, args: { reference: 'other' } }]]);
    await stack.api.until(other.id, 'ended', 60_000);
  }
  await eventually(
    `${its.reference} is told of what came late`,
    async () => {
      const isTold = late === null || (await lateResultsOf(its)).includes(late);
      const isDone = (await stack.timesDone(its.effect, its.reference)) >= timesDone + doneLate;
      return isTold && isDone;
    },
    60_000,
  );
}

describe('a worker that stands still while another one takes over', () => {
  it('does no harm where the service or Postgres holds it, and is found out where nothing can', async () => {
    let unheld = 0;
    const all = Array.from({ length: times }, () => plan).flat();
    for (const [index, planned] of all.entries()) {
      const its = await standStill(planned, index);
      await startUp(stack.spareWorker);
      await untilSettled(stack, its);
      const before = await verdictOf(stack, its);
      const { effect, place, state, timesDone, doneLate, late } = planned;
      const seen = { state: before.effectRow?.state, timesDone: before.timesDone };
      expect({ effect, place, ...seen }).toEqual({ effect, place, state, timesDone });
      await goOn(its, planned);
      const after = await verdictOf(stack, its);
      const what = { effect, place, events: typesOf(after.events) };
      expect({ ...what, timesDone: after.timesDone }).toEqual({
        ...what,
        timesDone: timesDone + doneLate,
      });
      // What it says changes nothing that is known, and nothing is sent again for it.
      expect(after.effectRow).toMatchObject({ state, attempts: before.effectRow?.attempts });
      expect(await lateResultsOf(its)).toEqual(late === null ? [] : [late]);
      unheld += after.timesDone > 1 ? 1 : 0;
      await stack.spareWorker.kill();
    }
    tell({
      scenario: 'ledger: stopped, taken over',
      seed: 0,
      cases: all.length,
      runs: all.length,
      lost: 0,
      duplicated: unheld - times,
      note: `done twice where no software can hold it: ${unheld} of ${times}, each told on its run`,
    });
    expect(unheld).toBe(times);
  });
});
