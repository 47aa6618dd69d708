import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDice } from '../support/seed.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
  await stack.worker.kill('SIGKILL');
});
afterAll(() => stack.close());

it('a worker that is told to stop while it starts stops, and says nothing of an error', async () => {
  const dice = createDice('stopped while starting');
  for (let times = 0; times < 8; times += 1) {
    await stack.worker.start();
    await new Promise((resolve) => setTimeout(resolve, 200 + dice.roll(1_000)));
    await stack.worker.kill('SIGTERM');
  }
  expect(stack.worker.log()).not.toContain('cannot go on');
});
