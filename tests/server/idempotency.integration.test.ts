/** Idempotency keys over HTTP (P2). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { RunView } from '../../contracts/run.js';
import { askRun } from '../support/asked-run.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

const body = { agent: 'refund-desk', input: { message: 'Refund order 42' } };
const withKey = (key: string) => ({ 'idempotency-key': key });
const countRuns = async (): Promise<number> => {
  const { rows } = await gateway.test.database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM run',
  );
  return rows[0]?.count ?? -1;
};

test('100 identical posts at once with one key are one run', async () => {
  const before = await countRuns();
  const otto = gateway.as('otto');
  const answers = await Promise.all(
    Array.from({ length: 100 }, () =>
      otto.call<RunView>('POST', '/v1/runs', body, withKey('hundred')),
    ),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
  expect(new Set(answers.map((answer) => answer.headers.get('location'))).size).toBe(1);
  const first = answers.filter((answer) => answer.headers.get('idempotent-replayed') === null);
  expect(first).toHaveLength(1);
  expect(await countRuns()).toBe(before + 1);
});

test('the same key with another body is refused', async () => {
  const otto = gateway.as('otto');
  await otto.call('POST', '/v1/runs', body, withKey('reused'));
  const other = { ...body, input: { message: 'Refund order 43' } };
  const answer = await otto.call<{ code: string }>('POST', '/v1/runs', other, withKey('reused'));
  expect([answer.status, answer.body.code]).toEqual([422, 'idempotency-key-reused']);
});

test('the order of keys in the body makes no other request', async () => {
  const otto = gateway.as('otto');
  const first = await otto.call<RunView>('POST', '/v1/runs', body, withKey('order'));
  const turned = { input: body.input, agent: body.agent };
  const again = await otto.call<RunView>('POST', '/v1/runs', turned, withKey('order'));
  expect([again.status, again.body]).toEqual([202, first.body]);
});

test('a key belongs to its principal', async () => {
  const first = await gateway.as('otto').call<RunView>('POST', '/v1/runs', body, withKey('mine'));
  const other = await gateway.local.call<RunView>('POST', '/v1/runs', body, withKey('mine'));
  expect(other.body.id).not.toBe(first.body.id);
});

test('a replay is answered although the agent has changed since', async () => {
  const otto = gateway.as('otto');
  const first = await otto.call<RunView>('POST', '/v1/runs', body, withKey('changed'));
  const owner = new Client({ connectionString: gateway.test.ownerUrl });
  await owner.connect();
  await owner.query(`ALTER TABLE agent RENAME COLUMN name TO was; ALTER TABLE agent ADD name text`);
  const again = await otto.call<RunView>('POST', '/v1/runs', body, withKey('changed'));
  await owner.query('ALTER TABLE agent DROP COLUMN name; ALTER TABLE agent RENAME was TO name');
  await owner.end();
  expect(again.body.id).toBe(first.body.id);
});

test.each(['', 'has space', 'ü', 'x'.repeat(256)])('the key %j is malformed', async (key) => {
  const answer = await gateway.local
    .call<{ code: string }>('POST', '/v1/runs', body, withKey(key))
    .catch(() => null);
  // A client may refuse to send it at all.
  if (answer !== null)
    expect([answer.status, answer.body.code]).toEqual([400, 'invalid-parameter']);
});

test('a decision, a cancellation and a resolution repeated under one key change nothing more', async () => {
  const { approvalId, runId } = await askRun(gateway.as('otto'), gateway.test.database);
  const path = `/v1/approvals/${approvalId}/decisions`;
  const reject = { decision: 'reject', message: 'no' };
  const ana = gateway.as('ana');
  const first = await ana.call('POST', path, reject, withKey('decide'));
  const again = await ana.call('POST', path, reject, withKey('decide'));
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const other = await ana.call('POST', path, { decision: 'reject' }, withKey('decide'));
  expect(other.status).toBe(422);
  const otto = gateway.as('otto');
  const cancelled = await otto.call('POST', `/v1/runs/${runId}/cancel`, {}, withKey('stop'));
  const repeated = await otto.call('POST', `/v1/runs/${runId}/cancel`, {}, withKey('stop'));
  expect([cancelled.status, repeated.status]).toEqual([202, 202]);
  expect(repeated.headers.get('idempotent-replayed')).toBe('true');
  const events = await otto.events(runId);
  expect(events.filter(({ type }) => type === 'cancel-requested')).toHaveLength(1);
});
