import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createDice, type Dice } from '../support/seed.js';
import { startStack, type TestStack } from '../support/stack.js';
import { tell } from './figures.js';
import { recoveryOf, runsInHand, startUp } from './lives.js';
import { startOwnServers, type OwnServers } from './servers.js';
import { cases, isLong } from './size.js';
import { createTraffic, type Posted, type Traffic } from './traffic.js';
import { expectNoHarm, judge, untilEnded } from './verdict.js';

jest.setTimeout(7_200_000);

let own: OwnServers;
let stack: TestStack;
let traffic: Traffic;
beforeAll(async () => {
  own = await startOwnServers();
  stack = await startStack({ servers: own.servers });
  traffic = createTraffic(stack.api);
});
afterAll(async () => {
  await stack?.close();
  await own?.close();
});

/** What can be killed. `start` resolves when it is up, with when that was. */
interface Victim {
  kill(): Promise<void>;
  start(): Promise<Date>;
}
type Name = 'gateway' | 'worker' | 'postgres' | 'temporal';

const victim = (name: Name): Victim => {
  if (name === 'gateway' || name === 'worker') {
    const part = stack[name];
    return { kill: () => part.kill(), start: async () => (await startUp(part)).upAt };
  }
  const server = own[name];
  const start = async (): Promise<Date> => {
    await server.start();
    return new Date();
  };
  return { kill: server.kill, start };
};

const workMs = 1_500;
const awayMs = 700;
const betweenStartsMs = 300;

/** Kills these at the same moment, `times` times, while runs are posted, and judges what is left. */
async function killWhileWorking(scenario: string, names: readonly Name[], times: number) {
  const dice = createDice(scenario);
  const runs: Posted[] = [];
  const recoveryMs: number[] = [];
  const approving = traffic.approve();
  for (let kill = 0; kill < times; kill += 1) {
    const posting = [0, 1].map(() => traffic.post());
    await wait(dice.roll(workMs));
    const inHand = await runsInHand(stack);
    await Promise.all(names.map((name) => victim(name).kill()));
    await wait(dice.roll(awayMs));
    const upAt = await startInRandomOrder(dice, names);
    recoveryMs.push(...(await recoveryOf(stack, inHand, upAt)));
    runs.push(...(await Promise.all(posting)));
  }
  await untilEnded(stack, runs);
  await approving.stop();
  const verdict = await judge(stack, traffic, runs);
  tell({ scenario, seed: dice.seed, cases: times, ...verdict, recoveryMs });
  await expectNoHarm(stack, verdict, runs);
}

/** Resolves with when the last one of them was up. */
async function startInRandomOrder(dice: Dice, names: readonly Name[]): Promise<Date> {
  const left = [...names];
  const starting: Promise<Date>[] = [];
  while (left.length > 0) {
    const [name] = left.splice(dice.roll(left.length), 1);
    starting.push(victim(name!).start());
    await wait(dice.roll(betweenStartsMs));
  }
  const upAt = await Promise.all(starting);
  return new Date(Math.max(...upAt.map((date) => date.getTime())));
}

describe('every run completes, every refund is made once, nothing is given up', () => {
  it.each(['gateway', 'postgres', 'temporal'] as const)('when the %s is killed', (name) =>
    killWhileWorking(`${name}: random moments`, [name], cases(1, 20)),
  );

  it('when gateway, worker, Postgres and Temporal are killed at once and come back in any order', () =>
    killWhileWorking(
      'all four at once',
      ['gateway', 'worker', 'postgres', 'temporal'],
      cases(1, 10),
    ));
});

describe('an outage', () => {
  it('Postgres restarted every 5 to 10 s: every run completes', async () => {
    const dice = createDice('restarted Postgres');
    const count = cases(10, 500);
    const approving = traffic.approve();
    const runs: Posted[] = [];
    let restarts = 0;
    const restarting = new AbortController();
    const restart = async (): Promise<void> => {
      // The first comes while the first runs work, however quick they are, and comes in any case.
      for (let awayInMs = firstRestartMs; ; awayInMs = 5_000 + dice.roll(5_000)) {
        await wait(awayInMs, undefined, { signal: restarting.signal }).catch(() => undefined);
        if (restarting.signal.aborted && restarts > 0) return;
        // In order, which breaks off what is under way, or not.
        await (dice.roll(2) === 0 ? own.postgres.stop() : own.postgres.kill());
        await own.postgres.start();
        restarts += 1;
      }
    };
    const flapping = restart();
    let left = count;
    const post = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        runs.push(await traffic.post());
        await wait(dice.roll(betweenPostsMs));
      }
    };
    await Promise.all(Array.from({ length: postersAtOnce }, post));
    await untilEnded(stack, runs, 900_000);
    restarting.abort();
    await flapping;
    await approving.stop();
    const verdict = await judge(stack, traffic, runs);
    const note = `${restarts} restarts`;
    tell({ scenario: 'postgres: restarted', seed: dice.seed, cases: restarts, ...verdict, note });
    expect(restarts).toBeGreaterThan(0);
    await expectNoHarm(stack, verdict, runs);
  });

  it('Temporal away with runs open and more being posted: all complete, nothing is dead', async () => {
    const dice = createDice('Temporal away');
    const awayForMs = isLong ? (cases(1, 100) * 600_000) / 100 : 4_000;
    const approving = traffic.approve();
    const open = await Promise.all(
      Array.from({ length: cases(6, 100) }, () => traffic.post('asking')),
    );
    await wait(dice.roll(workMs));
    const inHand = await runsInHand(stack);
    await own.temporal.kill();
    const posted = await Promise.all(Array.from({ length: cases(3, 20) }, () => traffic.post()));
    await wait(awayForMs);
    await own.temporal.start();
    const recoveryMs = await recoveryOf(stack, inHand, new Date());
    const runs = [...open, ...posted];
    await untilEnded(stack, runs);
    await approving.stop();
    const verdict = await judge(stack, traffic, runs);
    const note = `away for ${awayForMs / 1_000} s`;
    tell({ scenario: 'temporal: away', seed: dice.seed, cases: 1, ...verdict, recoveryMs, note });
    await expectNoHarm(stack, verdict, runs);
  });
});

const postersAtOnce = 10;
const firstRestartMs = 500;
const betweenPostsMs = 1_000;
