import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ownPort } from '../support/ports.js';
import { prepareNamespace, startTemporal, type TemporalServer } from '../../dev/temporal.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
let port = 0;
let temporal: TemporalServer | null = null;

async function temporalUp(): Promise<void> {
  const { folder } = testServers();
  temporal = await startTemporal({
    cliPath: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? 'temporal',
    dbFile: path.join(folder, 'outages.db'),
    port,
    uiPort: null,
    log: () => undefined,
    logFile: path.join(folder, 'outages.log'),
  });
  await prepareNamespace(temporal.address);
}
async function temporalDown(): Promise<void> {
  await temporal?.stop();
  temporal = null;
}

beforeAll(async () => {
  port = await ownPort();
  stack = await startStack({ temporalAddress: `127.0.0.1:${port}` });
});
afterAll(async () => {
  await stack.close();
  await temporalDown();
});

describe('while Temporal is down', () => {
  it('a run is accepted at once, says what it waits for, and starts by itself later', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 1300');
    const cancelled = await api.start('Refund order 1301');
    expect(await api.run(run.id)).toMatchObject({
      status: 'queued',
      waitingFor: [{ kind: 'dependency', who: 'temporal' }],
    });
    const ready = await api.call<{ status: string }>('GET', '/readyz');
    expect(ready).toMatchObject({ status: 200, body: { status: 'degraded' } });

    const cancel = await api.call('POST', `/v1/runs/${cancelled.id}/cancel`, { reason: 'a test' });
    expect(cancel.status).toBe(202);
    expect(await api.run(cancelled.id)).toMatchObject({ status: 'cancelled' });

    await temporalUp();
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_1300')).toHaveLength(1);
    expect(await refundsOf(stack, 'ch_1301')).toEqual([]);
    await expectTrueStory(stack, run.id);
    await expectTrueStory(stack, cancelled.id);
  });

  it('a decision is final at once, and carried out when worker and Temporal are back', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 7300');
    const [approval] = await api.untilAsked(run.id);
    await stack.worker.kill('SIGKILL');
    await temporalDown();
    const answer = await api.decide(approval!, 'approve');
    expect(answer).toMatchObject({ status: 200, body: { status: 'approved' } });
    expect(await api.run(run.id)).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'dependency', who: 'worker' }],
    });
    await temporalUp();
    await stack.worker.start();
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_7300')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });
});
