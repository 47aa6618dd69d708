/** Asking over HTTP that a run be undone: one unwind a run, and a run like any other (P2, P3). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import type { RunView } from '../../contracts/run.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Answered = RunView & { readonly code: string; readonly currentStatus: string };
const unwind = (id: string, who = 'otto', headers = {}, body: unknown = { reason: 'Mistaken.' }) =>
  gateway
    .as(who)
    .call<Answered>('POST', `/v1/runs/${encodeURIComponent(id)}/unwind`, body, headers);
const get = <Body>(path: string) => gateway.local.call<Body>('GET', path);

async function endedRun(): Promise<RunId> {
  const { id: runId } = await gateway.local.start('Refund order 42');
  const address = { tenantId: 'default', runId };
  await closeRun(gateway.test.database, address, { status: 'completed', code: null });
  return runId;
}

test('an ended run is undone by a run of its own, which is found by its id', async () => {
  const runId = await endedRun();
  const answer = await unwind(runId);
  const id = `${runId}/unwind`;
  const path = `/v1/runs/${runId}%2Funwind`;
  expect([answer.status, answer.headers.get('location')]).toEqual([202, path]);
  expect(answer.body).toMatchObject({
    id,
    status: 'queued',
    unwinds: runId,
    unwoundBy: null,
    requestedBy: 'otto',
    input: { unwinds: runId, reason: 'Mistaken.' },
    links: { self: path, events: `${path}/events`, console: `/runs/${runId}%2Funwind` },
  });
  expect(await gateway.local.run(runId)).toMatchObject({ unwinds: null, unwoundBy: id });
  const { id: _id, agent } = await gateway.local.run(runId);
  expect(answer.body.agent).toEqual(agent);
  expect((await get(path)).body).toEqual(answer.body);
  for (const part of ['events', 'calls', 'effects']) {
    expect((await get(`${path}/${part}`)).status).toBe(200);
  }
  const asked = await get(`/v1/approvals?status=pending&runId=${encodeURIComponent(id)}`);
  expect(asked.status).toBe(200);
  const listed = await get<{ data: RunView[] }>('/v1/runs?limit=1');
  expect(listed.body.data).toMatchObject([{ id, unwinds: runId }]);
  const { rows } = await gateway.test.database.pool.query(
    `SELECT kind FROM outbox WHERE run_id = $1 AND state = 'pending'`,
    [id],
  );
  expect(rows).toEqual([{ kind: 'start' }]);
});

test('one run has one unwind, however many ask for it at once', async () => {
  const runId = await endedRun();
  const answers = await Promise.all(Array.from({ length: 10 }, () => unwind(runId)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  const late = await unwind(runId, 'otto', {}, { reason: 'Another reason.' });
  expect(late.body).toEqual(answers[0]?.body);
  const { rows } = await gateway.test.database.pool.query('SELECT id FROM run WHERE unwinds = $1', [
    runId,
  ]);
  expect(rows).toHaveLength(1);
});

test('a key makes a retry the same request, and no other', async () => {
  const runId = await endedRun();
  const key = { 'idempotency-key': 'undo-it' };
  const first = await unwind(runId, 'otto', key);
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  const again = await unwind(runId, 'otto', key);
  expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([202, 'true']);
  expect(again.body).toEqual(first.body);
  const other = await unwind(runId, 'otto', key, {});
  expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
});

test('a run that has not ended is not undone: it is cancelled first', async () => {
  const { id } = await gateway.local.start('Refund order 42');
  const answer = await unwind(id);
  expect(answer.status).toBe(409);
  expect(answer.body).toMatchObject({ code: 'run-not-finished', currentStatus: 'queued' });
});

test('an unwind is not undone itself, but can be cancelled', async () => {
  const runId = await endedRun();
  const { body } = await unwind(runId);
  const refused = await unwind(body.id);
  expect([refused.status, refused.body.code]).toEqual([409, 'unwind-is-final']);
  const cancelled = await gateway.as('otto').call<RunView>('POST', `${body.links.self}/cancel`, {});
  expect(cancelled.body).toMatchObject({ id: body.id, status: 'cancelled' });
});

test('only operators have runs undone, and a run that is not there is not found', async () => {
  const runId = await endedRun();
  for (const who of ['ana', 'vera', 'adam']) expect((await unwind(runId, who)).status).toBe(403);
  expect((await unwind('run_0')).status).toBe(404);
  expect((await unwind(runId.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(
    404,
  );
  expect((await unwind(runId, 'otto', {}, { why: 'x' })).status).toBe(422);
});
