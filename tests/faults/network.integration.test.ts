import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { createDice, type Dice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';
import { tell } from './figures.js';
import { startProxy, type Proxy, type Weather } from './proxy.js';
import { cases } from './size.js';
import { createTraffic, type Posted, type Traffic } from './traffic.js';
import { expectNoHarm, judge, untilEnded } from './verdict.js';

jest.setTimeout(7_200_000);

const dice = createDice('network');
let postgres: Proxy;
let temporal: Proxy;
let stack: TestStack;
let traffic: Traffic;
beforeAll(async () => {
  const servers = testServers();
  const postgresUrl = new URL(servers.postgresUrl);
  const temporalUrl = new URL(`http://${servers.temporalAddress}`);
  postgres = await startProxy(Number(postgresUrl.port), dice);
  temporal = await startProxy(Number(temporalUrl.port), dice);
  postgresUrl.port = String(postgres.port);
  const temporalAddress = `127.0.0.1:${temporal.port}`;
  stack = await startStack({
    servers: { ...servers, postgresUrl: postgresUrl.href, temporalAddress },
  });
  traffic = createTraffic(stack.api);
});
afterAll(async () => {
  await stack?.close();
  await Promise.all([postgres?.close(), temporal?.close()]);
});

/** Some weather; what is lost after how many bytes differs from one exchange to the next. */
function someWeather({ roll }: Dice): Weather {
  const weathers: readonly Weather[] = [
    { kind: 'slow', delayMs: 30 + roll(100), jitterMs: 30 },
    { kind: 'silent' },
    { kind: 'lost-replies', afterBytes: roll(4_000) },
    { kind: 'refusing' },
  ];
  return weathers[roll(weathers.length)]!;
}

const longestMs = 2_500;

it('bad weather on the way to Postgres and Temporal: every run completes, every refund is made once', async () => {
  const runs: Posted[] = [];
  const approving = traffic.approve();
  const count = cases(3, 200);
  for (let storm = 0; storm < count; storm += 1) {
    const posting = [0, 1].map(() => traffic.post());
    const proxy = dice.roll(2) === 0 ? postgres : temporal;
    await wait(dice.roll(500));
    proxy.setWeather(someWeather(dice));
    await wait(dice.roll(longestMs));
    if (dice.roll(2) === 0) proxy.cut();
    proxy.setWeather({ kind: 'clear' });
    runs.push(...(await Promise.all(posting)));
  }
  await untilEnded(stack, runs);
  await approving.stop();
  const verdict = await judge(stack, traffic, runs);
  tell({ scenario: 'network: weather', seed: dice.seed, cases: count, ...verdict });
  await expectNoHarm(stack, verdict, runs);
});

it('a Postgres that falls silent: calls are refused in time, and answered when it speaks again', async () => {
  postgres.setWeather({ kind: 'silent' });
  const startedAt = performance.now();
  const calls = Array.from({ length: 4 }, () => stack.api.call('GET', '/v1/runs'));
  const answers = await Promise.all(calls);
  const tookMs = performance.now() - startedAt;
  postgres.setWeather({ kind: 'clear' });
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect(tookMs).toBeLessThan(answeredWithinMs);
  await untilEnded(stack, [await traffic.post('small')]);
});

/** Postgres gives up a statement after 15 s, and whoever waits for it soon after. */
const answeredWithinMs = 25_000;
