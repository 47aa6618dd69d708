import { existsSync, mkdtempSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { inRun } from '../../store/run-transaction.js';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';
import { median, tell } from './figures.js';
import { startUp } from './lives.js';
import { cases, isLong } from './size.js';
import { createTraffic, type Posted, type Traffic } from './traffic.js';
import { expectNoHarm, judge, untilEnded } from './verdict.js';

jest.setTimeout(7_200_000);

/** A session that stands still in a transaction is ended by Postgres after 3 s. */
const heldUpAtMostMs = 4_000;
const standsForMs = isLong ? 30_000 : 5_000;
/** How many transactions of its own a worker makes for one refund, at least. */
const transactions = 8;
/** A run's second call is its refund. */
const beforeSending = 'call-dispatched@2';
const afterSending = 'call-answered@2';
/** Temporal hands tasks to the one that stands still too, and each has to time out. */
const takenOver = 'recovery: until another worker has ended the run';

let stack: TestStack;
let traffic: Traffic;
let folder: string;
beforeAll(async () => {
  stack = await startStack();
  traffic = createTraffic(stack.api);
  folder = mkdtempSync(path.join(testServers().folder, 'stopped-'));
});
afterAll(() => stack.close());

/** Posts a run with a worker that will stand still at `plan`, and resolves when it does. */
async function runUntilStopped(plan: string): Promise<Posted> {
  await stack.worker.kill();
  const hits = path.join(folder, `${Date.now()}-${plan.replace(/\W/g, '-')}`);
  await startUp(stack.worker, { BELAY_CRASH_POINTS: `stop:${plan}`, BELAY_CRASH_HITS: hits });
  const run = await traffic.post('small');
  await eventually(`the worker stands still at ${plan}`, async () => existsSync(hits));
  return run;
}

/** How long a writer waits for the run that the stopped worker has locked, in milliseconds. */
async function waitOfAnotherWriter({ runId }: Posted): Promise<number> {
  const address = { tenantId: 'default', runId: runId as RunId };
  const startedAt = performance.now();
  await inRun(stack.test.database, address, [], () => null);
  return performance.now() - startedAt;
}

describe('a worker that stands still', () => {
  it('inside a transaction holds up no other writer for more than 4 s, and does no harm later', async () => {
    const dice = createDice('stopped inside a transaction');
    const runs: Posted[] = [];
    const waitsMs: number[] = [];
    const count = cases(1, 8);
    for (let stop = 0; stop < count; stop += 1) {
      const run = await runUntilStopped(`run-locked@${1 + dice.roll(transactions)}`);
      runs.push(run);
      waitsMs.push(await waitOfAnotherWriter(run));
      await wait(standsForMs);
      stack.worker.signal('SIGCONT');
      await untilEnded(stack, [run], 60_000);
    }
    const verdict = await judge(stack, traffic, runs);
    const worst = Math.round(Math.max(...waitsMs));
    const note = `another writer waits ${median(waitsMs)} ms, at worst ${worst} ms`;
    tell({ scenario: 'worker: stopped, locked', seed: dice.seed, cases: count, ...verdict, note });
    expect(worst).toBeLessThan(heldUpAtMostMs);
    await expectNoHarm(stack, verdict, runs);
  });

  it('before or after it has sent, while another one takes over: the refund is made once', async () => {
    const dice = createDice('stopped around the send');
    const runs: Posted[] = [];
    const recoveryMs: number[] = [];
    const count = cases(1, 10);
    for (let stop = 0; stop < count; stop += 1) {
      const run = await runUntilStopped(dice.roll(2) === 0 ? beforeSending : afterSending);
      runs.push(run);
      const { upAt } = await startUp(stack.spareWorker);
      await untilEnded(stack, [run]);
      recoveryMs.push(Date.now() - upAt.getTime());
      expect(await judge(stack, traffic, [run])).toMatchObject({ lost: 0, duplicated: 0 });
      await wait(dice.roll(standsForMs));
      stack.worker.signal('SIGCONT');
      // It has noticed and goes on: the next run is its own.
      await stack.spareWorker.kill('SIGKILL');
      const next = await traffic.post('small');
      runs.push(next);
      await untilEnded(stack, [next]);
    }
    const verdict = await judge(stack, traffic, runs);
    const counts = { cases: count, ...verdict, recoveryMs };
    tell({ scenario: 'worker: stopped, sending', seed: dice.seed, ...counts, note: takenOver });
    await expectNoHarm(stack, verdict, runs);
  });
});
