/**
 * A worker that stands still at a place of an effect while another one takes over, and then goes on:
 * what it still does, and what it says of it.
 */
import { existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startSinkStack, type SinkStack } from '../support/sink/stack.js';
import { toolOfClass } from '../support/sink/tools.js';
import type { Part } from '../support/stack.js';
import {
  typesOf,
  untilSettled,
  verdictOf,
  type EffectCase,
  type EffectVerdict,
} from './effect-verdict.js';
import { tell } from './figures.js';
import { startUp } from './lives.js';
import { startProxy, type Proxy } from './proxy.js';
import { cases, isLong } from './size.js';
import { crashPointOf, faultAt, stops, type Late, type Stop } from './stops.js';

jest.setTimeout(7_200_000);

const plan = stops.filter(({ isOfFew }) => isLong || isOfFew);
const times = cases(1, 3);
/** Past the wait of its class, after which another one has done what that class allows. */
const standsForMs = isLong ? 30_000 : 0;
/** So many stand still together. */
const atOnce = 8;

let stack: SinkStack;
let engine: Proxy;
let folder: string;
beforeAll(async () => {
  const [, port] = testServers().temporalAddress.split(':');
  engine = await startProxy(Number(port), createDice('the way to the engine'));
  stack = await startSinkStack({ worker: { TEMPORAL_ADDRESS: `127.0.0.1:${engine.port}` } });
  folder = mkdtempSync(path.join(testServers().folder, 'stopped-'));
  await stack.worker.kill();
});
afterAll(async () => {
  await stack.close();
  await engine.close();
});

/** A worker that stands still, in a run that another one has brought to its end or to people. */
interface Standing {
  readonly stop: Stop;
  readonly its: EffectCase;
  readonly worker: Part;
  /** What was known when it was settled. */
  readonly before: EffectVerdict;
}

const lateResultsOf = async ({ runId }: EffectCase): Promise<readonly Late[]> =>
  (await stack.api.events(runId))
    .filter(({ type }) => type === 'effect-late-result')
    .map(({ data }) => (data as { readonly outcome: Late }).outcome);

/** Starts a run with a worker that stands still at the place, and resolves when it does. */
async function standStill(worker: Part, { effect, place }: Stop, index: number) {
  const reference = `stopped-${effect}-${place}-${index}`;
  const hits = path.join(folder, reference);
  const fault = faultAt[place];
  const args = {
    reference,
    ...(fault === undefined ? {} : { fault }),
    ...(place === 'wire' ? { stopsBeforeSending: hits } : {}),
  };
  const { id: runId } = await stack.play([[{ tool: toolOfClass[effect], args }]]);
  const point = crashPointOf[place];
  const crash = { BELAY_CRASH_POINTS: `stop:${point}`, BELAY_CRASH_HITS: hits };
  await worker.start(point === null ? {} : { BELAY_CRASH_RUN: runId, ...crash });
  const stands = async (): Promise<boolean> =>
    place === 'sent' ? (await stack.sink.held()).includes(reference) : existsSync(hits);
  await eventually(`the worker stands still at ${reference}`, stands, 60_000);
  if (place === 'sent') worker.signal('SIGSTOP');
  // Its machine is gone: else the engine would hand it tasks that nobody works on.
  engine.cut();
  if (place === 'sent') await stack.sink.release(reference);
  return { effect, reference, runId };
}

/** One stands still, and another one takes over until the run has ended or waits for people. */
async function takeOver(stop: Stop, index: number): Promise<Standing> {
  const worker = stack.anotherWorker();
  const its = await standStill(worker, stop, index);
  await startUp(stack.spareWorker);
  await untilSettled(stack, its);
  const before = await verdictOf(stack, its);
  const { effect, place, state, timesDone } = stop;
  const seen = { state: before.effectRow?.state, timesDone: before.timesDone };
  expect({ effect, place, ...seen }).toEqual({ effect, place, state, timesDone });
  await stack.spareWorker.kill();
  return { stop, its, worker, before };
}

/** The one that stood still goes on alone; resolves with the truth when it has done what it still does. */
async function goOn({ stop, its, worker, before }: Standing): Promise<EffectVerdict> {
  const { effect, place, state, timesDone, doneLate, late } = stop;
  worker.signal('SIGCONT');
  if (late.length === 0) {
    // It says nothing: when it has done something else, it has passed the place.
    const other = await stack.play([[{ tool: toolOfClass.read, args: { reference: 'other' } }]]);
    await stack.api.until(other.id, 'ended');
  }
  await eventually(
    `${its.reference} is told of what came late`,
    async () => {
      const isTold = late.length === 0 || (await lateResultsOf(its)).length > 0;
      return isTold && (await stack.timesDone(effect, its.reference)) >= timesDone + doneLate;
    },
    60_000,
  );
  await worker.kill();
  const after = await verdictOf(stack, its);
  const what = { effect, place, events: typesOf(after.events) };
  expect({ ...what, timesDone: after.timesDone }).toEqual({
    ...what,
    timesDone: timesDone + doneLate,
  });
  // What it says changes nothing that is known, and nothing is sent again for it.
  expect(after.effectRow).toMatchObject({ state, attempts: before.effectRow?.attempts });
  const told = await lateResultsOf(its);
  expect({ ...what, told: told.length }).toEqual({ ...what, told: Math.min(late.length, 1) });
  expect(late).toEqual(expect.arrayContaining([...told]));
  return after;
}

describe('a worker that stands still while another one takes over', () => {
  it('does no harm where the service or Postgres holds it, and is found out where nothing can', async () => {
    const all = Array.from({ length: times }, () => plan).flat();
    const verdicts: EffectVerdict[] = [];
    for (let from = 0; from < all.length; from += atOnce) {
      const standing: Standing[] = [];
      for (const [index, stop] of all.slice(from, from + atOnce).entries()) {
        standing.push(await takeOver(stop, from + index));
      }
      await wait(standsForMs);
      for (const each of standing) verdicts.push(await goOn(each));
    }
    // The same state once more is what `idempotent` says of itself.
    const unheld = verdicts.filter((each) => each.timesDone > 1 && each.effect !== 'idempotent');
    const expected = all.filter(
      ({ effect, place }) => effect === 'reconcilable' && place === 'wire',
    );
    tell({
      scenario: 'ledger: stopped, taken over',
      seed: 0,
      cases: all.length,
      runs: all.length,
      lost: 0,
      duplicated: unheld.length - expected.length,
      note: `done twice where no software can hold it: ${unheld.length}, each told on its run`,
    });
    expect(unheld).toHaveLength(expected.length);
  });
});
