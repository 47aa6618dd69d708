import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { registerDesk } from '../support/agents.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
const expiresInMs = 2_500;
beforeAll(async () => {
  stack = await startStack();
  await registerDesk(stack.test.database, 'hasty-desk', ({ policy }) => ({
    policy: policy.map((rule) => ({ ...rule, expiresInMs })),
  }));
});
afterAll(() => stack.close());

const start = (order: number): Promise<RunView> =>
  stack.api.start(`Refund order ${order}`, {}, 'hasty-desk');

describe('a question with a short deadline', () => {
  it('that nobody answers expires: nothing is moved, the model is told, the run goes on', async () => {
    const run = await start(7_400);
    const [approval] = await stack.api.untilAsked(run.id);
    const done = await stack.api.until(run.id, 'ended', 20_000);
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7400')).toEqual([]);
    expect(await stack.api.calls(run.id)).toMatchObject([{}, { outcome: 'expired' }]);
    expect(await stack.api.decide(approval!, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'approval-expired' },
    });
    await expectTrueStory(stack, run.id);
  });

  it('that is answered just in time while the worker is down is carried out afterwards', async () => {
    const run = await start(7_401);
    const [approval] = await stack.api.untilAsked(run.id);
    await stack.worker.kill('SIGKILL');
    expect((await stack.api.decide(approval!, 'approve')).status).toBe(200);
    const leftMs = Date.parse(approval!.expiresAt) - Date.now();
    await new Promise((resolve) => setTimeout(resolve, leftMs + 500));
    await stack.worker.start();
    expect((await stack.api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7401')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });
});
