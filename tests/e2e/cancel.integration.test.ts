import { setTimeout as wait } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const cancel = (run: RunView) =>
  stack.api.call<RunView>('POST', `/v1/runs/${run.id}/cancel`, { reason: 'changed my mind' });

describe('a run that is cancelled', () => {
  it('while the model streams ends soon and does nothing more', async () => {
    const run = await stack.api.start('[slow] Refund order 1700');
    await stack.api.until(run.id, 'running');
    await eventually('the model was asked', async () => (await stack.model.journal()).length > 0);
    expect(await cancel(run)).toMatchObject({
      status: 202,
      body: { cancelRequestedAt: expect.any(String) },
    });
    const done = await stack.api.until(run.id, 'ended', 10_000);
    expect(done).toMatchObject({ status: 'cancelled', failure: { code: 'run-cancelled' } });
    expect(done.failure?.message).toContain('Nothing had been changed');
    expect(await refundsOf(stack, 'ch_1700')).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('while it waits for approval ends at once, and the question can’t be answered', async () => {
    const run = await stack.api.start('Refund order 7200');
    const [approval] = await stack.api.untilAsked(run.id);
    expect((await cancel(run)).status).toBe(202);
    expect(await stack.api.decide(approval!, 'approve')).toMatchObject({
      status: 409,
      body: { code: 'approval-decided', currentStatus: 'cancelled' },
    });
    const done = await stack.api.until(run.id, 'ended', 10_000);
    expect(done.status).toBe('cancelled');
    expect(await refundsOf(stack, 'ch_7200')).toEqual([]);
    expect(await cancel(run)).toMatchObject({
      status: 409,
      body: { code: 'run-finished', currentStatus: 'cancelled' },
    });
    await expectTrueStory(stack, run.id);
  });

  it('from Temporal’s own side takes the same path', async () => {
    const connection = await Connection.connect({ address: testServers().temporalAddress });
    const run = await stack.api.start('Refund order 7201');
    const [approval] = await stack.api.untilAsked(run.id);
    await new Client({ connection }).workflow.getHandle(run.id).cancel();
    await connection.close();
    expect((await stack.api.until(run.id, 'ended', 10_000)).status).toBe('cancelled');
    expect((await stack.api.decide(approval!, 'approve')).status).toBe(409);
    expect(await refundsOf(stack, 'ch_7201')).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('in the moment of its approval ends cancelled and says what had already happened', async () => {
    const dice = createDice('cancel in the moment of approval');
    for (let order = 7_210; order < 7_222; order += 1) {
      const run = await stack.api.start(`Refund order ${order}`);
      const [approval] = await stack.api.untilAsked(run.id);
      const deciding = stack.api.decide(approval!, 'approve');
      await wait(dice.roll(40));
      const answer = await cancel(run);
      await deciding;
      const done = await stack.api.until(run.id, 'ended', 20_000);
      const refunds = await refundsOf(stack, `ch_${order}`);
      if (answer.status === 202) {
        expect(done.status).toBe('cancelled');
        const told =
          refunds.length === 1 ? 'issue_refund is confirmed' : 'Nothing had been changed';
        expect(done.failure?.message).toContain(told);
      } else expect(answer.body).toMatchObject({ code: 'run-finished' });
      expect(refunds.length).toBeLessThanOrEqual(1);
      await expectTrueStory(stack, run.id);
    }
  });
});
