import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '../../runtime/digest.js';
import { commitTurn } from '../../store/turn-commit.js';
import { askedQuestion } from '../support/asked-run.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';
import { plainTurn } from '../support/plain-turn.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe('a tool that no worker has any more', () => {
  it('gives the model an honest result, and the run goes on', async () => {
    await stack.worker.kill('SIGKILL');
    const run = await stack.api.start('Refund order 1900');
    const address = { tenantId: 'default', runId: run.id };
    const use = { type: 'tool_use', id: 'toolu_1', name: 'weigh_parcel', input: {} };
    await commitTurn(
      stack.test.database,
      address,
      plainTurn(1, {
        messages: [
          { seq: 1, role: 'user', content: '[{"type":"text","text":"Refund order 1900"}]' },
          { seq: 2, role: 'assistant', content: JSON.stringify([use]) },
        ],
        calls: [
          {
            modelCallId: use.id,
            tool: use.name,
            title: use.name,
            args: '{}',
            argsDigest: digestOf({}),
            effect: 'read',
            retryPolicy: 'quick-read',
            business: null,
            verdict: 'allow',
            question: askedQuestion,
            ruleInputs: null,
            previews: false,
            refusal: null,
          },
        ],
      }),
    );
    await stack.worker.start();
    const done = await stack.api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    const [weighing] = await stack.api.calls(run.id);
    expect(weighing).toMatchObject({
      tool: 'weigh_parcel',
      outcome: 'unavailable',
      result: expect.stringContaining('No worker has this tool'),
    });
    const asked = JSON.stringify(await stack.model.journal());
    expect(asked).toContain('No worker has this tool');
    await expectTrueStory(stack, run.id);
  });

  it('removed while people think: an approval is told what became of it, and nothing is stuck', async () => {
    const run = await stack.api.start('Refund order 7960');
    const [approval] = await stack.api.untilAsked(run.id);
    await stack.worker.kill('SIGTERM');
    const other = stack.workerWithout('issue_refund');
    await other.start();
    await stack.api.decide(approval!, 'approve');
    const done = await stack.api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    const refund = (await stack.api.calls(run.id)).find(({ tool }) => tool === 'issue_refund');
    expect(refund).toMatchObject({ outcome: 'unavailable' });
    expect(await refundsOf(stack, 'ch_7960')).toEqual([]);
    await expectTrueStory(stack, run.id);
    await other.kill();
    await stack.worker.start();
  });
});
