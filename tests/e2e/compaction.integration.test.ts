/** A run that outgrows its model, with real processes: it is summed up on the way and repeats nothing. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { TurnView } from '../../contracts/usage.js';
import { registerDesk } from '../support/agents.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
  await registerDesk(stack.test.database, 'small-desk', ({ limits }) => ({
    limits: { ...limits, turns: 60, outputTokensPerTurn: 2_000, contextTokens: 5_000 },
  }));
});
afterAll(() => stack.close());

it('is compacted at least twice, waits for people and changes its model in between, and refunds each order once', async () => {
  // One of them is asked about; the others are small enough.
  const orders = ['1001', '1002', '1003', '1004', '7960', '1005', '1006', '1007'];
  // The first model refuses after the first summary, and the second goes on without its thoughts.
  const words = '[think] [one-at-a-time] [calm x 16] [refuse]';
  const message = `${words} Refund orders ${orders.join(', ')}`;
  const run = await stack.api.start(message, {}, 'small-desk');
  const [approval] = await stack.api.untilAsked(run.id, 1, 120_000);
  const compactedBefore = await compactions(run.id);
  expect(compactedBefore.length).toBeGreaterThanOrEqual(1);
  await stack.worker.kill('SIGKILL');
  await stack.worker.start();
  await stack.api.decide(approval!, 'approve');
  const done = await stack.api.until(run.id, 'ended', 120_000);
  expect(done).toMatchObject({ status: 'completed', failure: null });
  expect((await compactions(run.id)).length).toBeGreaterThanOrEqual(2);
  const story = (await stack.api.events(run.id)).map(({ type }) => type);
  const switched = story.indexOf('model-switched');
  expect(story.indexOf('conversation-compacted')).toBeLessThan(switched);
  expect(story.lastIndexOf('conversation-compacted')).toBeGreaterThan(switched);
  for (const order of orders) expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
  const journal = await stack.model.journal();
  expect(journal.filter(({ refusal }) => refusal !== null)).toEqual([]);
  await expectTrueStory(stack, run.id);

  const { body } = await stack.api.call<Turns>('GET', `/v1/runs/${run.id}/turns`);
  const turns = body.data;
  expect(turns).toHaveLength(done.turns);
  const attempts = turns.flatMap((turn) => turn.attempts);
  expect(attempts.filter(({ purpose }) => purpose === 'compaction').length).toBeGreaterThanOrEqual(
    2,
  );
  expect(attempts.filter(({ outcome }) => outcome === 'open')).toEqual([]);
}, 300_000);

interface Turns {
  readonly data: readonly TurnView[];
}

const compactions = async (runId: string) =>
  (await stack.api.events(runId)).filter(({ type }) => type === 'conversation-compacted');
