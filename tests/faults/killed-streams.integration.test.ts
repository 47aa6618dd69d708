import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { isLiveType } from '../../console/words/writing.js';
import type { RunId } from '../../contracts/ids.js';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { startStack, type TestStack } from '../support/stack.js';
import { watchRun, type WatchedRun } from '../support/watched-run.js';
import { passingRowsOf } from '../support/writing.js';
import { billed, journalOf } from './bill.js';
import { tell } from './figures.js';
import { startUp } from './lives.js';
import { cases } from './size.js';
import { createTraffic, type Posted, type Traffic } from './traffic.js';
import { expectNoHarm, judge, untilEnded } from './verdict.js';

jest.setTimeout(7_200_000);

let stack: TestStack;
let traffic: Traffic;
beforeAll(async () => {
  stack = await startStack();
  traffic = createTraffic(stack.api);
});
afterAll(() => stack.close());

const runsAtOnce = 3;
/** The pieces of a slow answer come 400 ms apart. */
const pieceMs = 400;
/** The text of a killed worker is swept twice a minute. */
const sweptWithinMs = 60_000;

/** Each turn was told once, and whatever was shown of it before was a beginning of what it says. */
function expectTrueStream({ frames, view, shown, committed }: WatchedRun): void {
  expect(view()).toBeNull();
  expect([...committed.values()].filter((texts) => texts.length !== 1)).toEqual([]);
  for (const { turn, text } of shown) {
    expect({ turn, isBeginning: committed.get(turn)?.[0]?.startsWith(text) }).toEqual({
      turn,
      isBeginning: true,
    });
  }
  let lastTurn = 0;
  for (const { event, data } of frames) {
    const { turn = 0 } = data as { turn?: number };
    if (event === 'turn-committed') lastTurn = (data as { data: { turn: number } }).data.turn;
    else if (isLiveType(event)) expect(turn).toBeGreaterThan(lastTurn);
  }
}

describe('a worker that is killed while its models speak', () => {
  it('leaves no stale text, commits each turn once, and counts what was lost for no less than its bill', async () => {
    const dice = createDice('killed streams');
    const kills = cases(3, 100);
    const runs: Posted[] = [];
    const watched: WatchedRun[] = [];
    let cut = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const slow = (order: number) => `[slow] [priced] Refund order ${order}`;
      const fresh = await Promise.all(
        Array.from({ length: runsAtOnce }, () => traffic.post('small', slow)),
      );
      const watchers = fresh.map(({ runId }) => watchRun(stack.gatewayUrl, runId));
      runs.push(...fresh);
      watched.push(...watchers);
      const isSpeaking = (): boolean => watched.some((each) => (each.view()?.text ?? '') !== '');
      await eventually('a model speaks', async () => isSpeaking(), 60_000);
      await wait(dice.roll(2 * pieceMs));
      cut += watched.filter((each) => each.view() !== null).length;
      await stack.worker.kill();
      await startUp(stack.worker);
    }
    await untilEnded(stack, runs, 300_000);
    await Promise.all(watched.map(({ done }) => done));
    const verdict = await judge(stack, traffic, runs);
    const note = `${cut} streams were cut`;
    tell({ scenario: 'worker: streams', seed: dice.seed, cases: kills, ...verdict, note });
    await expectNoHarm(stack, verdict, runs);
    expect(cut).toBeGreaterThan(0);
    for (const each of watched) expectTrueStream(each);
    const isSwept = async (): Promise<boolean> => {
      const left = runs.map(({ runId }) => passingRowsOf(stack.test.database, runId as RunId));
      return (await Promise.all(left)).every((rows) => rows === 0);
    };
    await eventually('nothing of their text is left', isSwept, sweptWithinMs);
    for (const { runId } of runs) {
      const bills = (await journalOf(stack, runId)).map(billed);
      const { usage } = await stack.api.run(runId);
      const bill = bills.reduce((sum, one) => sum + one, 0);
      expect(bill).toBeGreaterThan(0);
      expect(usage.costMicrosUsd).toBeGreaterThanOrEqual(bill);
    }
  });
});
