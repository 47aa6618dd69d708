import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isFinal } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import { createDice, type Dice } from '../support/seed.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';
import { median, tell } from './figures.js';
import { recoveryOf, runsInHand, startUp } from './lives.js';
import { cases, isLong } from './size.js';
import { createTraffic, insist, type Posted, type Traffic } from './traffic.js';
import { expectNoHarm, judge, untilEnded } from './verdict.js';

jest.setTimeout(7_200_000);

let stack: TestStack;
let traffic: Traffic;
beforeAll(async () => {
  stack = await startStack();
  traffic = createTraffic(stack.api);
});
afterAll(() => stack.close());

interface Kills {
  readonly runs: readonly Posted[];
  readonly recoveryMs: readonly number[];
  readonly bootMs: readonly number[];
}

/** From a run's first activity to its last. */
const workMs = 1_500;
const bootingMs = 1_000;
/** From a new worker being up to the next progress of a run, at the median. */
const goesOnWithinMs = 5_000;

/**
 * Kills the worker `times` times at random moments: one time in four also while it boots, one time
 * in two before the runs that it left have gone on.
 */
async function killWhileWorking(
  dice: Dice,
  times: number,
  message?: (order: number) => string,
): Promise<Kills> {
  const runs: Posted[] = [];
  const recoveryMs: number[] = [];
  const bootMs: number[] = [];
  const approving = traffic.approve();
  for (let kill = 0; kill < times; kill += 1) {
    runs.push(...(await Promise.all([0, 1].map(() => traffic.post('either', message)))));
    await wait(dice.roll(workMs));
    await stack.worker.kill();
    const inHand = await runsInHand(stack);
    if (dice.roll(4) === 0) {
      await stack.worker.start();
      await wait(dice.roll(bootingMs));
      await stack.worker.kill();
    }
    const birth = await startUp(stack.worker);
    bootMs.push(birth.bootMs);
    if (dice.roll(2) === 0) continue;
    recoveryMs.push(...(await recoveryOf(stack, inHand, birth.upAt)));
  }
  await eventually(
    'every run has ended or waits for a person',
    async () => {
      const views = await Promise.all(runs.map(({ runId }) => stack.api.run(runId)));
      return views.every(
        ({ status, waitingFor }) =>
          isFinal(status) || (status === 'waiting' && waitingFor[0]?.kind === 'effect'),
      );
    },
    120_000,
  );
  await approving.stop();
  return { runs, recoveryMs, bootMs };
}

describe('a worker that is killed', () => {
  it('at random moments: every run completes, every refund is made once, work goes on in 5 s', async () => {
    const dice = createDice('killed worker');
    const { runs, ...times } = await killWhileWorking(dice, cases(4, 200));
    const verdict = await judge(stack, traffic, runs);
    const { seed } = dice;
    const kills = times.bootMs.length;
    tell({ scenario: 'worker: random moments', seed, cases: kills, ...verdict, ...times });
    await expectNoHarm(stack, verdict, runs);
    // A few cases on a machine that has other things to do prove no figure.
    if (isLong) expect(median(times.recoveryMs)).toBeLessThan(goesOnWithinMs);
  });

  it('in the middle of a model call is missed within seconds, not after the call’s ten minutes', async () => {
    const { api, worker } = stack;
    const run = await traffic.post('small', (order) => `[slow] Refund order ${order}`);
    await api.until(run.runId, 'running');
    // The answer takes four seconds at least: after one the call is under way.
    await wait(1_000);
    await worker.kill();
    const before = await api.events(run.runId);
    expect(before.some(({ type }) => type === 'turn-committed')).toBe(false);
    await worker.start();
    await untilEnded(stack, [run]);
    await expectNoHarm(stack, await judge(stack, traffic, [run]), [run]);
  });

  it('with mail: completes or is parked, never sends again, and goes on after an answer', async () => {
    const dice = createDice('killed worker with mail');
    const message = (order: number) => `Refund order ${order} and tell the customer`;
    const { runs, ...times } = await killWhileWorking(dice, cases(2, 50), message);
    const mails = await stack.mail.journal();
    const sent = (order: number): number =>
      mails.filter((mail) => JSON.stringify(mail).includes(`customer${order}@`)).length;
    let parked = 0;
    let completed = 0;
    for (const { runId, order } of runs) {
      const effects = await stack.api.effects(runId);
      for (const { key } of effects.filter(({ state }) => state === 'parked')) {
        parked += 1;
        const outcome = sent(order) === 1 ? 'happened' : 'absent';
        const answer = { outcome, message: 'looked into the mail server' };
        await insist(stack.api, 'POST', `/v1/effects/${key}/resolutions`, answer);
      }
      const { status } = await stack.api.until(runId, 'ended');
      if (status === 'completed') completed += 1;
      expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
      await expectTrueStory(stack, runId);
    }
    // A person's word sends nothing.
    expect(await stack.mail.journal()).toHaveLength(mails.length);
    const lost = runs.length - completed;
    const duplicated = runs.filter(({ order }) => sent(order) > 1).length;
    const counts = { cases: times.bootMs.length, runs: runs.length, lost, duplicated };
    const note = `${parked} mails parked`;
    tell({ scenario: 'worker: with mail', seed: dice.seed, ...counts, ...times, note });
    expect(counts).toMatchObject({ lost: 0, duplicated: 0 });
  });
});
