import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerDesk } from '../support/agents.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe('a run whose agent is edited while it waits for a person', () => {
  it('goes on with the instructions and rules that it began with; the next run has the new ones', async () => {
    const { api, test } = stack;
    const name = 'edited-desk';
    await registerDesk(test.database, name, () => ({}));
    const before = await api.start('Refund order 7500', {}, name);
    const [approval] = await api.untilAsked(before.id);
    await registerDesk(test.database, name, ({ instructions, policy }) => ({
      instructions: `${instructions}\nEDITED`,
      policy: policy.map((rule) => ({ ...rule, decision: 'deny', reason: 'Closed.' })),
    }));
    expect((await api.decide(approval!, 'approve')).status).toBe(200);
    expect((await api.until(before.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7500')).toHaveLength(1);
    expect(JSON.stringify(await stack.model.journal())).not.toContain('EDITED');
    await expectTrueStory(stack, before.id);

    const after = await api.start('Refund order 7501', {}, name);
    expect(after.agent.version).not.toBe(before.agent.version);
    await api.until(after.id, 'ended');
    expect(await refundsOf(stack, 'ch_7501')).toEqual([]);
    expect(JSON.stringify(await stack.model.journal())).toContain('EDITED');
  });
});
