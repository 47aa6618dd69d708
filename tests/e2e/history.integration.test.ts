import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { searchAttributes } from '../../contracts/search-attributes.js';
import { projectRoot } from '../../runtime/project-root.js';
import { eventually } from '../support/eventually.js';
import { quietRuntime } from '../support/quiet-runtime.js';
import { testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

quietRuntime();
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

const historyOf = (runId: string): Promise<History> =>
  client.workflow.getHandle(runId).fetchHistory();

describe('the history of a run', () => {
  it('takes at most 14 events a turn with one call and no wait, and few bytes', async () => {
    const run = await stack.api.start('Refund order 1800');
    const { turns } = await stack.api.until(run.id, 'ended');
    const { historyLength, historySize } = await client.workflow.getHandle(run.id).describe();
    // Opening and closing the run take an activity each.
    const ends = 14;
    expect(turns).toBe(3);
    expect(historyLength).toBeLessThanOrEqual(14 * turns + ends);
    expect(historySize).toBeLessThan(4_096 * turns);
  });

  it('takes at most 24 events more for an approval', async () => {
    const [plain, asked] = await Promise.all(
      [1_801, 7_801].map((order) => stack.api.start(`Refund order ${order}`)),
    );
    const [approval] = await stack.api.untilAsked(asked!.id);
    await stack.api.decide(approval!, 'approve');
    await Promise.all([plain, asked].map((run) => stack.api.until(run!.id, 'ended')));
    const lengths = await Promise.all(
      [plain, asked].map(async (run) => (await historyOf(run!.id)).events?.length ?? 0),
    );
    expect(lengths[1]! - lengths[0]!).toBeLessThanOrEqual(24);
  });

  it('reads like a log: every activity and timer has a summary, the run has its own', async () => {
    const run = await stack.api.start('Refund order 7802');
    const [approval] = await stack.api.untilAsked(run.id);
    const handle = client.workflow.getHandle(run.id);
    await eventually('the engine can be searched for what waits', async () => {
      const { typedSearchAttributes } = await handle.describe();
      const values = Object.fromEntries(
        typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
      );
      const waiting = JSON.stringify(values[searchAttributes.waiting.name]);
      return values[searchAttributes.status.name] === 'waiting' && waiting === '["approval"]';
    });
    const description = await handle.describe();
    expect(await description.staticSummary()).toContain('refund-desk');
    const metadata = await handle.query<{ currentDetails?: string }>(
      '__temporal_workflow_metadata',
    );
    expect(metadata.currentDetails).toContain('waiting');
    expect(metadata.currentDetails).toContain(approval!.expiresAt);
    await stack.api.decide(approval!, 'approve');
    await stack.api.until(run.id, 'ended');
    const events = (await historyOf(run.id)).events ?? [];
    const scheduled = events.filter(
      (event) => event.activityTaskScheduledEventAttributes || event.timerStartedEventAttributes,
    );
    expect(scheduled.length).toBeGreaterThan(5);
    for (const event of scheduled) expect(event.userMetadata?.summary).toBeTruthy();
  });

  it('is replayed by the workflow’s code without a difference', async () => {
    const run = await stack.api.start('Refund orders 7803 and 1803');
    const [approval] = await stack.api.untilAsked(run.id);
    await stack.api.decide(approval!, 'reject', 'no');
    await stack.api.until(run.id, 'ended');
    const codePath = path.join(projectRoot, 'dist/workflow-bundle.js');
    expect(await readFile(codePath, 'utf8')).toContain('agentRun');
    await Worker.runReplayHistory(
      { workflowBundle: { codePath } },
      await historyOf(run.id),
      run.id,
    );
  });
});
