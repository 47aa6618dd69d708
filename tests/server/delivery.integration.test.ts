/** The outbox, delivered to a real Temporal server: started once, told until heard, never lost (P1). */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { RunId } from '../../contracts/ids.js';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { createDelivery } from '../../server/delivery.js';
import { createEngineIdentity } from '../../server/engine-identity.js';
import { startDeliverer } from '../../server/deliver.js';
import { claimOutbox, type OutboxRow } from '../../store/outbox.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { askRun } from '../support/asked-run.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
let connection: Connection;
const log = createLog({ service: 'test', level: 'error', format: 'json' });

beforeAll(async () => {
  gateway = await openGateway();
  connection = await Connection.connect({ address: testServers().temporalAddress });
});
afterAll(async () => {
  await connection.close();
  await gateway.close();
});
beforeEach(async () => {
  await gateway.test.database.pool.query(`UPDATE outbox SET state = 'done'`);
});

interface Row {
  readonly kind: string;
  readonly state: string;
  readonly deliveries: number;
  readonly refusals: number;
  readonly lastCode: string | null;
  readonly nextAt: string;
  readonly againInMs: number;
}
const rowsOf = async (runId: RunId): Promise<Row[]> => {
  const { rows } = await gateway.test.database.pool.query<Row>(
    `SELECT kind, state, deliveries, refusals, last_code AS "lastCode", next_at AS "nextAt",
       extract(epoch FROM next_at - clock_timestamp())::float8 * 1000 AS "againInMs"
     FROM outbox WHERE run_id = $1 ORDER BY id`,
    [runId],
  );
  return rows;
};
const timeOfPostgres = async (): Promise<number> => {
  const { rows } = await gateway.test.database.pool.query<{ now: string }>(
    'SELECT clock_timestamp() AS now',
  );
  return Date.parse(rows[0]?.now ?? '');
};
const claim = async (): Promise<OutboxRow> => {
  const [row] = await claimOutbox(gateway.test.database, 1);
  if (row === undefined) throw new Error('Nothing is due');
  return row;
};
const deliveryTo = (to: Connection, namespace = 'default') =>
  createDelivery({
    client: new Client({ connection: to, namespace, identity: 'gateway@test' }),
    connection: to,
    namespace,
    taskQueue: 'nobody-listens',
    historyEventsPerRun: 800,
    identity: createEngineIdentity({ connection: to, namespace }),
    consoleUrl: (runId) => `http://127.0.0.1/runs/${runId}`,
    database: gateway.test.database,
    log,
    passPoint: passFreely,
    stopping: new AbortController().signal,
  });
const historyOf = async (runId: RunId): Promise<string[]> => {
  const { workflow } = new Client({ connection });
  const { events } = await workflow.getHandle(runId).fetchHistory();
  return (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal, eventId }) =>
    signal ? [`${signal.signalName ?? ''}`] : eventId?.toString() === '1' ? ['started'] : [],
  );
};

describe('a start', () => {
  test('makes the workflow that people can read, and the run waits for a worker', async () => {
    const { id } = await gateway.local.start('Refund order 42');
    await deliveryTo(connection)(await claim());
    const description = await new Client({ connection }).workflow.getHandle(id).describe();
    expect(description.type).toBe('agentRun');
    expect(await description.staticSummary()).toBe('refund-desk · started by local');
    expect(await description.staticDetails()).toContain(`http://127.0.0.1/runs/${id}`);
    const attributes = description.searchAttributes;
    expect([attributes['BelayAgent'], attributes['BelayStatus']]).toEqual([
      ['refund-desk'],
      ['queued'],
    ]);
    const run = await gateway.local.run(id);
    expect(run).toMatchObject({ status: 'queued', waitingFor: [{ who: 'worker' }] });
    expect(await rowsOf(id)).toMatchObject([{ state: 'done', deliveries: 1 }]);
  });

  test('that is delivered twice is one workflow, also after it has ended', async () => {
    const { id } = await gateway.local.start('Refund order 42');
    const row = await claim();
    const deliver = deliveryTo(connection);
    await deliver(row);
    await deliver(row);
    await new Client({ connection }).workflow.getHandle(id).terminate();
    await deliver(row);
    const { workflow } = new Client({ connection });
    expect((await workflow.getHandle(id).describe()).status.name).toBe('TERMINATED');
  });

  test('waits while Temporal is away, and that never counts against it', async () => {
    const { id } = await gateway.local.start('Refund order 42');
    const away = Connection.lazy({ address: '127.0.0.1:1', interceptors: [] });
    const deliver = deliveryTo(away);
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await gateway.test.database.pool.query('UPDATE outbox SET next_at = clock_timestamp()');
      await deliver(await claim());
      const [row] = await rowsOf(id);
      expect(row).toMatchObject({ state: 'pending', refusals: 0, deliveries: 0 });
      expect(row?.lastCode).toBe('temporal-unavailable');
      expect(row?.againInMs).toBeLessThanOrEqual(5_000);
    }
    await away.close();
    expect(await gateway.local.run(id)).toMatchObject({ waitingFor: [{ who: 'temporal' }] });
  });

  test('waits for a namespace that is not there yet', async () => {
    const { id } = await gateway.local.start('Refund order 42');
    await deliveryTo(connection, 'not-yet')(await claim());
    expect(await rowsOf(id)).toMatchObject([{ state: 'pending', refusals: 0 }]);
  });

  test('works in a namespace without our search attributes', async () => {
    const namespace = `bare-${randomBytes(4).toString('hex')}`;
    const day = { seconds: 86_400 as never };
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: day,
    });
    const { id } = await gateway.local.start('Refund order 42');
    const deliver = deliveryTo(connection, namespace);
    // The server's caches learn of a namespace a while later.
    await eventually('the start is delivered', async () => {
      const [row] = await claimOutbox(gateway.test.database, 1);
      if (row !== undefined) await deliver(row);
      return (await rowsOf(id))[0]?.state === 'done';
    });
    const { workflow } = new Client({ connection, namespace });
    expect((await workflow.getHandle(id).describe()).status.name).toBe('RUNNING');
    expect(await rowsOf(id)).toMatchObject([{ refusals: 0 }]);
  });
});

describe('an answer', () => {
  const decided = async () => {
    const { runId, approvalId } = await askRun(gateway.local, gateway.test.database);
    const deliver = deliveryTo(connection);
    await deliver(await claim());
    const path = `/v1/approvals/${approvalId}/decisions`;
    await gateway.local.call('POST', path, { decision: 'reject', message: 'no' });
    return { runId, deliver };
  };

  test('is told until it is taken, each delivery once', async () => {
    const { runId, deliver } = await decided();
    const row = await claim();
    const fromMs = await timeOfPostgres();
    await deliver(row);
    // The acknowledgement was lost: the same delivery again.
    await deliver(row);
    expect(await historyOf(runId)).toEqual(['started', 'approvalDecided']);
    const [, first] = await rowsOf(runId);
    expect(first).toMatchObject({ state: 'pending', deliveries: 1 });
    expect(Date.parse(first?.nextAt ?? '') - fromMs).toBeGreaterThanOrEqual(1_000);
    await gateway.test.database.pool.query('UPDATE outbox SET next_at = clock_timestamp()');
    const again = await claim();
    const againFromMs = await timeOfPostgres();
    await deliver(again);
    expect(await historyOf(runId)).toEqual(['started', 'approvalDecided', 'approvalDecided']);
    const [, second] = await rowsOf(runId);
    expect(Date.parse(second?.nextAt ?? '') - againFromMs).toBeGreaterThanOrEqual(2_000);
  });

  test('waits for a namespace that is not there now', async () => {
    const { runId } = await decided();
    await deliveryTo(connection, 'not-yet')(await claim());
    expect((await rowsOf(runId))[1]).toMatchObject({ state: 'pending', refusals: 0 });
  });

  test('for a workflow that is gone is refused, and given up after ten times', async () => {
    const { runId, deliver } = await decided();
    await new Client({ connection }).workflow.getHandle(runId).terminate();
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await gateway.test.database.pool.query('UPDATE outbox SET next_at = clock_timestamp()');
      await deliver(await claim());
      expect((await rowsOf(runId))[1]?.refusals).toBe(attempt);
    }
    expect((await rowsOf(runId))[1]).toMatchObject({ state: 'dead', lastCode: 'no-workflow' });
  });

  test('for a run that has ended is over', async () => {
    const { runId, deliver } = await decided();
    const row = await claim();
    await new Client({ connection }).workflow.getHandle(runId).terminate();
    const address = { tenantId: 'default', runId };
    await closeRun(gateway.test.database, address, { status: 'failed', code: 'internal' });
    await deliver(row);
    expect((await rowsOf(runId))[1]).toMatchObject({ state: 'done', refusals: 0 });
  });
});

test('a cancellation reaches the workflow, once or twice', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  const deliver = deliveryTo(connection);
  await deliver(await claim());
  await gateway.local.call('POST', `/v1/runs/${runId}/cancel`, {});
  const row = await claim();
  await deliver(row);
  await deliver(row);
  expect((await rowsOf(runId))[1]).toMatchObject({ kind: 'cancel', state: 'done', refusals: 0 });
  const handle = new Client({ connection }).workflow.getHandle(runId);
  const { events } = await handle.fetchHistory();
  const asked = (events ?? []).filter(
    (event) => event.workflowExecutionCancelRequestedEventAttributes,
  );
  expect(asked).toHaveLength(1);
});

test('a deliverer that is woken delivers a burst, the start of a run before its answers', async () => {
  const runs = await Promise.all(
    Array.from({ length: 30 }, () => askRun(gateway.local, gateway.test.database)),
  );
  for (const { approvalId } of runs) {
    const path = `/v1/approvals/${approvalId}/decisions`;
    await gateway.local.call('POST', path, { decision: 'reject' });
  }
  const { database } = gateway.test;
  const deliverer = startDeliverer({
    database,
    log,
    passPoint: passFreely,
    deliver: deliveryTo(connection),
  });
  deliverer.wake();
  await eventually('every answer is told', async () => {
    const rows = (await Promise.all(runs.map(({ runId }) => rowsOf(runId)))).flat();
    return rows.every(({ deliveries }) => deliveries > 0);
  });
  await deliverer.stop();
  for (const { runId } of runs) {
    expect((await historyOf(runId)).slice(0, 2)).toEqual(['started', 'approvalDecided']);
  }
});

test('a cancellation of a run whose workflow is gone ends the run: nobody else could', async () => {
  const { runId } = await askRun(gateway.local, gateway.test.database);
  // Delivered to a Temporal whose data are lost: this one has never heard of it.
  await gateway.test.database.pool.query(`UPDATE outbox SET state = 'done'`);
  await gateway.local.call('POST', `/v1/runs/${runId}/cancel`, {});
  await deliveryTo(connection)(await claim());
  expect((await gateway.local.run(runId)).status).toBe('cancelled');
  expect((await rowsOf(runId))[1]).toMatchObject({ kind: 'cancel', state: 'done' });
});
