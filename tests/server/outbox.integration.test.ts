/** Deliveries that Temporal refused for good: shown, and tried again when an operator says so. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import type { DeliveryView } from '../../contracts/delivery.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { askRun, type AskedRun } from '../support/asked-run.js';
import { eventually } from '../support/eventually.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
let woken = 0;
beforeAll(async () => {
  gateway = await openGateway({ wakeOutbox: () => (woken += 1) });
});
afterAll(() => gateway.close());

const dead = async () => {
  const run = await gateway.local.start('Refund order 42');
  await gateway.test.database.pool.query(
    `UPDATE outbox SET state = 'dead', refusals = 10, last_code = 'invalid' WHERE run_id = $1`,
    [run.id],
  );
  const { body } = await gateway.local.call<{ data: DeliveryView[] }>('GET', '/v1/outbox');
  return { run, delivery: body.data.find(({ runId }) => runId === run.id)! };
};

test('a given-up delivery is shown with its reason, retried once, and the run says who did it', async () => {
  const { run, delivery } = await dead();
  expect(delivery).toMatchObject({
    kind: 'start',
    state: 'dead',
    refusals: 10,
    lastCode: 'invalid',
  });
  const wokenBefore = woken;
  const retry = () =>
    gateway.as('otto').call<DeliveryView>('POST', `/v1/outbox/${delivery.id}/retries`, {});
  expect(await retry()).toMatchObject({ status: 202, body: { state: 'pending', refusals: 0 } });
  expect(woken).toBeGreaterThan(wokenBefore);
  const again = await retry();
  expect(again).toMatchObject({
    status: 409,
    body: { code: 'delivery-not-dead', currentState: 'pending' },
  });
  const events = await gateway.local.events(run.id);
  expect(events.at(-1)).toMatchObject({
    type: 'delivery-retried',
    data: { delivery: 'start', by: 'otto' },
  });
  expect((await gateway.local.run(run.id)).waitingFor).toMatchObject([{ who: 'temporal' }]);
});

test('a delivery for a run that has ended is not retried, and not given up any more', async () => {
  const { run, delivery } = await dead();
  const address = { tenantId: 'default', runId: run.id };
  await closeRun(gateway.test.database, address, { status: 'failed', code: 'engine-terminated' });
  const retry = await gateway.local.call('POST', `/v1/outbox/${delivery.id}/retries`, {});
  expect(retry).toMatchObject({ status: 409, body: { code: 'run-finished' } });
  const { body } = await gateway.local.call<{ data: DeliveryView[] }>('GET', '/v1/outbox');
  expect(body.data.filter(({ runId }) => runId === run.id)).toEqual([]);
});

test('what is no delivery is not found, and a viewer may look but not retry', async () => {
  const { delivery } = await dead();
  for (const id of ['0', 'x', '999999']) {
    expect((await gateway.local.call('POST', `/v1/outbox/${id}/retries`, {})).status).toBe(404);
  }
  expect((await gateway.as('vera').call('GET', '/v1/outbox?state=dead')).status).toBe(200);
  const refused = await gateway.as('vera').call('POST', `/v1/outbox/${delivery.id}/retries`, {});
  expect(refused.status).toBe(403);
});

test('what a mutation puts into the outbox goes out at once, not with the next sweep', async () => {
  const grown = async (work: () => Promise<unknown>) => {
    const before = woken;
    await work();
    await eventually('the outbox is woken', async () => woken > before, 2_000);
  };
  const { local, test: testing } = gateway;
  let asked: AskedRun | undefined;
  await grown(async () => {
    asked = await askRun(local, testing.database);
  });
  const { body } = await local.call<ApprovalView>('GET', `/v1/approvals/${asked!.approvalId}`);
  await grown(() => local.decide(body, 'approve'));
  await grown(() => local.call('POST', `/v1/runs/${asked!.runId}/cancel`, {}));
});
