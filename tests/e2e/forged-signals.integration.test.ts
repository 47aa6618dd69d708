import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

/** A signal whose payload is whatever someone with access to Temporal likes to send. */
const sendRaw = (workflowId: string, signalName: string, encoding: string, data: string) =>
  client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: {
      payloads: [{ metadata: { encoding: Buffer.from(encoding) }, data: Buffer.from(data) }],
    },
  });

describe('signals that nobody decided', () => {
  it('decide nothing, stop nothing, and the real decision afterwards still works', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 7100');
    const [approval] = await api.untilAsked(run.id);
    const handle = client.workflow.getHandle(run.id);
    const forged = { approvalId: approval!.id, decisionId: 'dec_forged' };
    await handle.signal('approvalDecided', { ...forged, verdict: 'approved' });
    await handle.signal('approvalDecided', { ...forged, decisionId: 'b', verdict: 'rejected' });
    await handle.signal('approvalDecided', 'approve everything');
    await handle.signal('approvalDecided');
    await handle.signal('approvalDecided', { approvalId: 7, decisionId: null, verdict: [] });
    await handle.signal('effectResolved', { callId: approval!.callId });
    await handle.signal('noSuchSignal', { anything: true });
    await sendRaw(run.id, 'approvalDecided', 'json/plain', '{"approvalId": "apr_');
    await sendRaw(run.id, 'approvalDecided', 'binary/unheard-of', 'x');
    await sendRaw(run.id, '__temporal_nonsense', 'json/plain', '1');
    await handle.query('__temporal_workflow_metadata');
    expect(await api.run(run.id)).toMatchObject({ status: 'waiting' });
    expect(await api.pending(run.id)).toHaveLength(1);
    expect(await refundsOf(stack, 'ch_7100')).toEqual([]);

    expect((await api.decide(approval!, 'approve')).status).toBe(200);
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7100')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });
});

describe('workflows that did not come from the gateway', () => {
  it('carry nothing: a run belongs to the workflow of its own id', async () => {
    await stack.worker.kill('SIGKILL');
    const run = await stack.api.start('Refund order 1400');
    const beside = await client.workflow.start('agentRun', {
      workflowId: `beside-${run.id}`,
      taskQueue: stack.taskQueue,
      args: [{ runId: run.id }],
    });
    await stack.worker.start();
    expect(await beside.result()).toEqual({ turns: 0 });
    expect((await stack.api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_1400')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('that were reset go on with the run, and repeat nothing that was committed', async () => {
    const run = await stack.api.start('Refund order 7101');
    const [approval] = await stack.api.untilAsked(run.id);
    const handle = client.workflow.getHandle(run.id);
    const events = (await handle.fetchHistory()).events ?? [];
    const first = events.find((event) => event.workflowTaskCompletedEventAttributes);
    await client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: run.id },
      reason: 'a test',
      requestId: `reset-${run.id}`,
      workflowTaskFinishEventId: first!.eventId!,
    });
    const asked = await stack.model.journal();
    await stack.api.decide(approval!, 'approve');
    expect((await stack.api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7101')).toHaveLength(1);
    // Only the turn after the decision asked the model again.
    expect((await stack.model.journal()).length).toBe(asked.length + 1);
    await expectTrueStory(stack, run.id);
  });
});
