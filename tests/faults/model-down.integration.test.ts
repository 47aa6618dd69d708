/** A model that is away for a while, with many runs in the middle of their work. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { retryPolicies } from '../../contracts/retry-policies.js';
import type { BillLine } from '../../stand-ins/model/journal-entry.js';
import { eventually } from '../support/eventually.js';
import { allRefunds, expectTrueStory } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';
import { tell } from './figures.js';
import { recoveryOf } from './lives.js';
import { cases, isLong } from './size.js';
import { insist } from './traffic.js';
import { untilEnded } from './verdict.js';

jest.setTimeout(cases(300_000, 1_800_000));

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.close());

const runCount = cases(6, 100);
const downMs = isLong ? 60_000 : 3_000;
const mostPaid = 1.2;
/** Some runs are in the middle of an answer when the model goes, and pay for it twice. */
const isSlow = (number: number): boolean => number % 5 === 0;
/** Twelve turns of work and an answer: none is done before the last has begun. */
const orderCount = (number: number): number => (isSlow(number) ? 1 : 6);
const turnCount = (number: number): number => 2 * orderCount(number) + 1;

const ordersOf = (number: number): readonly number[] =>
  Array.from({ length: orderCount(number) }, (_, at) => 1_000 + number * 10 + at);

async function begin(number: number): Promise<string> {
  const mode = isSlow(number) ? '[slow]' : '[one-at-a-time]';
  const body = {
    agent: 'refund-desk',
    input: { message: `${mode} Refund orders ${ordersOf(number).join(', ')}` },
  };
  return (await insist<RunView>(stack.api, 'POST', '/v1/runs', body)).id;
}

/** The one that is slow is speaking; any other has a turn behind it. */
async function hasBegun(runId: string, number: number): Promise<boolean> {
  if (!isSlow(number)) return (await countRuns('turns > 0', [runId])) === 1;
  const answer = await fetch(`${stack.model.url}/journal?user=${runId}`);
  return ((await answer.json()) as { data: readonly unknown[] }).data.length > 0;
}

async function countRuns(where: string, runIds: readonly string[]): Promise<number> {
  const { rows } = await stack.test.database.pool.query<{ runs: number }>(
    `SELECT count(*)::int AS runs FROM run WHERE id = ANY($1) AND ${where}`,
    [runIds],
  );
  return rows[0]?.runs ?? 0;
}

/** A run says that it waits for its model, and when it is asked again. */
async function expectToWait(runId: string): Promise<void> {
  let seen: RunView | null = null;
  await eventually(
    'it waits for the model and says when it is asked again',
    async () => {
      seen = await stack.api.run(runId);
      const [first] = seen.waitingFor;
      return seen.status === 'waiting' && first?.kind === 'dependency' && first.until !== null;
    },
    120_000,
  );
  const [first] = seen!.waitingFor;
  expect(first).toMatchObject({ who: 'model' });
  const inMs = Date.parse(first?.until ?? '') - Date.parse(first?.since ?? '');
  expect(inMs).toBeLessThanOrEqual(retryPolicies.model.maximumIntervalMs);
}

it(`away for ${downMs / 1_000} s, ${runCount} runs wait for it, finish, and pay for little twice`, async () => {
  const numbers = Array.from({ length: runCount }, (_, number) => number);
  const runIds = await Promise.all(numbers.map(begin));
  const waiting = numbers.map((number) =>
    eventually('it has begun', () => hasBegun(runIds[number] ?? '', number), 300_000),
  );
  await Promise.all(waiting);
  await stack.model.kill();
  const back = wait(downMs);
  expect(await countRuns('ended IS NULL', runIds)).toBe(runCount);
  for (const runId of runIds) await expectToWait(runId);
  await back;
  expect(await countRuns('ended IS NULL', runIds)).toBe(runCount);

  await stack.model.start();
  const recoveryMs = await recoveryOf(stack, runIds, new Date(), 300_000);
  await untilEnded(
    stack,
    runIds.map((runId, number) => ({ runId, order: number })),
    900_000,
  );
  const lost = runCount - (await countRuns(`status = 'completed'`, runIds));
  const refunds = await allRefunds(stack);
  const duplicated = refunds.length - new Set(refunds.map(({ refund }) => refund.charge)).size;
  const bill = await fetch(`${stack.model.url}/bill`);
  const { data: lines } = (await bill.json()) as { data: readonly BillLine[] };
  const paid = lines.reduce((sum, { answers }) => sum + answers, 0);
  const needed = numbers.reduce((sum, number) => sum + turnCount(number), 0);
  const note = `${paid} calls paid for, ${needed} needed: ${(paid / needed).toFixed(3)}`;
  const counts = { cases: 1, runs: runCount, lost, duplicated };
  tell({ scenario: 'model: down', seed: 0, ...counts, recoveryMs, note });
  expect({ lost, duplicated }).toEqual({ lost: 0, duplicated: 0 });
  expect(refunds).toHaveLength(numbers.flatMap(ordersOf).length);
  expect(paid).toBeGreaterThan(needed);
  expect(paid / needed).toBeLessThanOrEqual(mostPaid);
  for (const runId of runIds) await expectTrueStory(stack, runId, refunds);
});
