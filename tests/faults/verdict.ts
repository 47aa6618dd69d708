/** What is true after a scenario: judged by the payments stand-in's journal, Postgres and the API. */
import { expect } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { allRefunds, expectTrueStory } from '../support/story.js';
import type { TestStack } from '../support/stack.js';
import type { Posted, Traffic } from './traffic.js';

export interface Verdict {
  readonly runs: number;
  /** Accepted, and not completed with its refund. */
  readonly lost: number;
  /** Refunds made more than once, and runs that nobody was told of. */
  readonly duplicated: number;
}

/** Waits until all of these runs have ended. */
export async function untilEnded(
  stack: TestStack,
  runs: readonly Posted[],
  withinMs = 120_000,
): Promise<void> {
  const ids = runs.map(({ runId }) => runId);
  const open = () =>
    stack.test.database.pool
      .query('SELECT id, status FROM run WHERE id = ANY($1) AND ended IS NULL', [ids])
      .then(({ rows }) => rows as unknown[]);
  await eventually(
    `all of ${ids.length} runs have ended`,
    async () => (await open().catch(() => [null])).length === 0,
    withinMs,
  ).catch(async (error: Error) => {
    throw new Error(`${error.message}; still open: ${JSON.stringify(await open())}`);
  });
}

/** Counts what went wrong with these runs, each of which was to be completed with one refund. */
export async function judge(
  stack: TestStack,
  traffic: Traffic,
  runs: readonly Posted[] = traffic.posted,
): Promise<Verdict> {
  const { pool } = stack.test.database;
  const refunds = await allRefunds(stack);
  const amounts = (order: number): readonly number[] =>
    refunds
      .filter(({ refund }) => refund.charge === `ch_${order}`)
      .map(({ refund }) => refund.amount);
  const ids = runs.map(({ runId }) => runId);
  const { rows } = await pool.query<{ id: string }>(
    `SELECT id FROM run WHERE id = ANY($1) AND status = 'completed'`,
    [ids],
  );
  const completed = new Set(rows.map(({ id }) => id));
  const isWhole = ({ runId, order }: Posted): boolean =>
    completed.has(runId) && amounts(order).includes(order);
  const counted = await pool.query<{ runs: number }>('SELECT count(*)::int AS runs FROM run');
  const unknownRuns = (counted.rows[0]?.runs ?? 0) - traffic.posted.length;
  return {
    runs: runs.length,
    lost: runs.filter((run) => !isWhole(run)).length,
    duplicated: runs.filter(({ order }) => amounts(order).length > 1).length + unknownRuns,
  };
}

/** Expects these runs to be told alike everywhere, and nothing to be given up or still to be said. */
export async function expectNoHarm(
  stack: TestStack,
  verdict: Verdict,
  runs: readonly Posted[],
): Promise<void> {
  expect(verdict).toMatchObject({ lost: 0, duplicated: 0 });
  const ids = runs.map(({ runId }) => runId);
  const { rows } = await stack.test.database.pool.query(
    `SELECT run_id, kind, state FROM outbox WHERE run_id = ANY($1) AND state <> 'done'`,
    [ids],
  );
  expect(rows).toEqual([]);
  const refunds = await allRefunds(stack);
  for (const { runId } of runs) await expectTrueStory(stack, runId, refunds);
}
