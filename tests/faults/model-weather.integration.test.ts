/** Long runs whose models fail in every way that there is, at moments that a seed draws. */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { isFinal, type RunView } from '../../contracts/run.js';
import type { FaultName } from '../../stand-ins/model/fault-table.js';
import type { JournalEntry } from '../../stand-ins/model/journal-entry.js';
import { registerDesk } from '../support/agents.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';
import { allRefunds } from '../support/story.js';
import { billed, journalOf } from './bill.js';
import { tell } from './figures.js';
import { cases, isLong } from './size.js';
import { drawWeather, type Weather } from './weather.js';
import { foretell, type Asked } from './weather-law.js';

jest.setTimeout(cases(300_000, 7_200_000));

let stack: TestStack;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  stack = await startStack();
  connection = await Connection.connect({ address: testServers().temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection?.close();
  await stack?.close();
});

const turns = isLong ? 300 : 16;
const runsAtOnce = 4;
const againMs = 250;
/** In a request without headers, sixty seconds pass. */
const tooSlow: readonly FaultName[] = isLong ? [] : ['hang'];
/** Small, so that a run is summed up a few times. */
const contextTokens = isLong ? 26_000 : 7_000;

interface Sky {
  readonly number: number;
  readonly weather: Weather;
  readonly orders: readonly number[];
}

/** A run that has orders for as many turns, two for each: so much is left to do until its weather is over. */
async function begin({ number, weather, orders }: Sky): Promise<RunView> {
  const agent = `weather-desk-${number}`;
  await registerDesk(stack.test.database, agent, ({ limits }) => ({
    models: weather.chain,
    limits: { ...limits, turns: 1_000, outputTokensPerTurn: 2_000, contextTokens },
    inputSchema: { type: 'object' },
  }));
  const modes = '[think] [priced] [one-at-a-time] [in-order]';
  // Of a message that is quoted in short, the words that are left are those that stand first.
  const message = `${modes} ${weather.words} Refund orders ${orders.join(', ')}`;
  return stack.api.start(message, {}, agent);
}

/** Waits for the end. Whenever the run asks for it, the spending limit is raised. */
async function finish(runId: string): Promise<{ run: RunView; limitsRaised: number }> {
  const waits = new Set<string>();
  for (;;) {
    const run = await stack.api.run(runId);
    if (isFinal(run.status)) return { run, limitsRaised: waits.size };
    const [first] = run.waitingFor;
    if (first?.kind === 'budget') {
      expect(run).toMatchObject({ status: 'waiting', waitingFor: [{ who: 'operator' }] });
      waits.add(first.since);
      // The engine may not have heard yet that the attempt failed: said until it goes on.
      await lookAgain(runId);
    }
    await wait(againMs);
  }
}

/** It would look again by itself a quarter of an hour later. An attempt under way would be cut off. */
async function lookAgain(workflowId: string): Promise<void> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  const isAsleep = (raw.pendingActivities ?? []).some(
    ({ nextAttemptScheduleTime: at }) => Number(at?.seconds ?? 0) * 1_000 > Date.now() + againMs,
  );
  if (!isAsleep) return;
  const execution = { workflowId };
  await client.workflowService.resetActivity({ namespace: 'default', execution, type: 'takeTurn' });
}

interface Attempt {
  readonly outcome: string;
  readonly failureCode: string | null;
  readonly model: string;
  readonly microsUsd: string;
}

const attemptsOf = async (runId: string): Promise<readonly Attempt[]> => {
  const { rows } = await stack.test.database.pool.query<Attempt>(
    `SELECT outcome, failure_code AS "failureCode", model, cost_micros_usd AS "microsUsd"
     FROM turn_attempt WHERE run_id = $1 ORDER BY turn, attempt`,
    [runId],
  );
  return rows;
};

function askedIn({ fault, request }: JournalEntry, isLast: boolean): Asked {
  const body = request as { messages: readonly unknown[]; tool_choice?: { type: string } };
  const isShort = body.messages.length === 1;
  const isSummary = body.tool_choice?.type === 'none';
  return {
    fault: fault === 'calm' ? null : fault,
    summary: !isSummary ? 'none' : isShort ? 'short' : 'whole',
    isWork: !isLast,
  };
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Expects what the law says of these requests. Returns what came of it, in figures. */
async function judge({ weather, orders }: Sky, run: RunView) {
  const [entries, attempts] = await Promise.all([journalOf(stack, run.id), attemptsOf(run.id)]);
  expect(entries.filter(({ refusal }) => refusal !== null)).toEqual([]);
  const asked = entries.map((entry, index) => askedIn(entry, index === entries.length - 1));
  const { calls, ending } = foretell(asked, weather.chain);
  expect(
    attempts.map(({ outcome, failureCode, model }) => ({ outcome, failureCode, model })),
  ).toEqual(calls);
  expect({ status: run.status, code: run.failure?.code ?? null }).toEqual(ending);

  const costs = attempts.map(({ microsUsd }) => Number(microsUsd));
  const bills = entries.map(billed);
  const whole = (_: number, index: number): boolean => attempts[index]?.outcome === 'committed';
  expect(costs.filter(whole)).toEqual(bills.filter(whole));
  expect(run.usage.costMicrosUsd).toBe(sum(costs));
  const short = costs.flatMap((cost, index) => {
    const bill = bills[index] ?? 0;
    return cost < bill ? [{ fault: entries[index]?.fault, cost, bill }] : [];
  });
  expect(short).toEqual([]);

  const refunds = (await allRefunds(stack)).map(({ refund }) => refund.charge);
  const made = orders.filter((order) => refunds.includes(`ch_${order}`));
  const charges = new Set(orders.map((order) => `ch_${order}`));
  const duplicated = refunds.filter((charge) => charges.has(charge)).length - made.length;
  expect(duplicated).toBe(0);
  expect(made).toEqual(orders.slice(0, made.length));
  const isDone = ending?.code === null && entries.at(-1)?.fault !== 'stop-word';
  if (isDone) expect(made).toHaveLength(orders.length);
  return {
    duplicated,
    faults: entries.flatMap(({ fault }) => (fault === null ? [] : [fault])),
    summaries: asked.filter(({ summary }) => summary !== 'none').length,
    costs: sum(costs),
    bills: sum(bills),
  };
}

describe(`a run of about ${turns} turns`, () => {
  it('in all weathers ends as it must, is understood at every turn, and is paid for', async () => {
    const dice = createDice('model weather');
    const skies = Array.from({ length: cases(1, 20) }, (_, number): Sky => {
      const orders = Array.from({ length: turns / 2 }, (_each, at) => 1_000 + number * 150 + at);
      return { number, weather: drawWeather(dice, number, turns, tooSlow), orders };
    });
    const seen = new Set<FaultName>();
    const left = [...skies];
    const work = async (): Promise<void> => {
      for (let sky = left.shift(); sky !== undefined; sky = left.shift()) {
        const { run, limitsRaised } = await finish((await begin(sky)).id);
        const { faults, duplicated, ...told } = await judge(sky, run);
        for (const fault of faults) seen.add(fault);
        const note =
          `${run.turns} turns, ${told.summaries} summaries, ${limitsRaised} limits raised, ` +
          `cost ${told.costs} of ${told.bills} µ$`;
        const end = run.failure?.code ?? run.status;
        const counts = { cases: faults.length, runs: 1, lost: 0, duplicated };
        tell({ scenario: `model weather: ${end}`, seed: dice.seed, ...counts, note });
      }
    };
    await Promise.all(Array.from({ length: runsAtOnce }, work));
    if (!isLong) return;
    const drawn = skies.flatMap(({ weather }) => weather.gusts.map(({ fault }) => fault));
    expect([...new Set(drawn)].filter((fault) => !seen.has(fault))).toEqual([]);
  });
});
