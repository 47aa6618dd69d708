import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  stack = await startStack();
  connection = await Connection.connect({ address: testServers().temporalAddress });
  client = new Client({ connection });
});
afterAll(async () => {
  await connection.close();
  await stack.close();
});

/** Begins a workflow again from its first task, as the Web UI's Reset does. */
async function reset(runId: string, reason: string): Promise<string> {
  const handle = client.workflow.getHandle(runId);
  const { runId: engineRunId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done);
  const answer = await connection.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: runId, runId: engineRunId },
    reason,
    workflowTaskFinishEventId: first?.eventId ?? null,
    requestId: `${runId}:${reason}`,
    // Signals are left out: nobody tells the new workflow what was decided.
    resetReapplyType: 2,
  });
  return answer.runId;
}

describe('a workflow that someone ends or resets in Temporal', () => {
  it('terminated while it waits: the run says so, and a late decision is told', async () => {
    const run = await stack.api.start('Refund order 7301');
    const [approval] = await stack.api.untilAsked(run.id);
    await client.workflow.getHandle(run.id).terminate('not needed any more');
    const done = await stack.api.until(run.id, 'ended');
    expect(done).toMatchObject({ status: 'failed', failure: { code: 'engine-terminated' } });
    expect(done.failure?.message).toContain('not needed any more');
    expect((await stack.api.decide(approval!, 'approve')).status).toBe(409);
    expect(await refundsOf(stack, 'ch_7301')).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('terminated while money moves: what is not known is parked, and never sent again', async () => {
    await stack.worker.kill();
    // The order is looked up first; the second answer is the payment's, and dies with the worker.
    await stack.worker.start({
      BELAY_CRASH_POINTS: 'call-answered@2',
      BELAY_CRASH_HITS: path.join(testServers().folder, 'ended-outside.hits'),
    });
    const run = await stack.api.start('Refund order 1901');
    await eventually('the worker has died', async () => !stack.worker.running);
    await client.workflow.getHandle(run.id).terminate('stop it');
    await stack.worker.start();
    await stack.api.until(run.id, 'ended');
    const [effect] = await stack.api.effects(run.id);
    expect(effect).toMatchObject({ tool: 'issue_refund', state: 'parked' });
    const answer = await stack.api.call('POST', `/v1/effects/${effect!.key}/resolutions`, {
      outcome: 'happened',
      message: 'seen at the payment service',
    });
    expect(answer.status).toBe(200);
    expect(await refundsOf(stack, 'ch_1901')).toHaveLength(1);
  });

  it('reset after the money moved: the run goes on, and nothing is done twice', async () => {
    const run = await stack.api.start('Refund order 7302 and tell the customer');
    const [refund] = await stack.api.untilAsked(run.id);
    await stack.api.decide(refund!, 'approve');
    let mail: typeof refund;
    await eventually('it asks about the mail', async () => {
      mail = (await stack.api.pending(run.id)).find(({ tool }) => tool === 'send_email');
      return mail !== undefined && mail.preview.state !== 'pending';
    });
    const engineRunId = await reset(run.id, 'try again');
    await eventually('the reset is told', async () => {
      const events = await stack.api.events(run.id);
      return events.some(({ type }) => type === 'run-reset');
    });
    const told = (await stack.api.events(run.id)).find(({ type }) => type === 'run-reset');
    expect(told?.data).toMatchObject({ engineRunId, reason: expect.stringContaining('try again') });
    await stack.api.decide(mail!, 'approve');
    expect((await stack.api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7302')).toHaveLength(1);
    const mails = await stack.mail.journal();
    expect(mails.filter((each) => JSON.stringify(each).includes('customer7302@'))).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('reset after its end: the run stays as it ended', async () => {
    const run = await stack.api.start('Refund order 1902');
    await stack.api.until(run.id, 'ended');
    const events = await stack.api.events(run.id);
    await reset(run.id, 'again');
    await client.workflow.getHandle(run.id).result();
    expect(await stack.api.events(run.id)).toEqual(events);
    expect(await refundsOf(stack, 'ch_1902')).toHaveLength(1);
  });
});
