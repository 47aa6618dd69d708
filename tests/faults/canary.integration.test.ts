import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import type { EffectView } from '../../contracts/effect.js';
import type { RunView } from '../../contracts/run.js';
import { seedDemo } from '../../store/seed.js';
import type { Api } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { testPepper, testServers } from '../support/servers.js';
import { startStack, type TestStack } from '../support/stack.js';
import { textIn } from './text-in.js';

jest.setTimeout(300_000);

/** The worker dies in the middle of all of it. */
const recoverWithinMs = 90_000;
const canary = 'CANARY7f3a';
/** Of the shape of ours, so that it is looked up and works. */
const apiKey = `belay_7f3a7f3a_${canary.padEnd(43, 'x')}`;

let stack: TestStack;
let connection: Connection;
let api: Api;
beforeAll(async () => {
  stack = await startStack({ environment: { LOG_LEVEL: 'debug' } });
  connection = await Connection.connect({ address: testServers().temporalAddress });
  const roles = ['operator', 'approver'] as const;
  const planter = { id: 'planter', roles, labels: [], apiKey };
  await seedDemo(stack.test.ownerUrl, [planter], [testPepper]);
  api = stack.api.as(apiKey);
});
afterAll(async () => {
  await connection?.close();
  await stack?.close();
});

const start = (message: string): Promise<RunView> =>
  api.start(`${message} (${canary})`, { 'idempotency-key': `${canary}-${randomUUID()}` });

/** Decides as soon as it is asked, with a message where one may be given. */
async function decide(runId: string, decision: 'approve' | 'reject'): Promise<void> {
  const [approval] = await api.untilAsked(runId, 1, recoverWithinMs);
  await api.decide(approval!, decision, `because ${canary}`);
}

/** A refund and a mail whose arguments name it, with a worker that dies over them. */
async function carriedOut(): Promise<string> {
  const run = await start(`Refund order 1802 and email ${canary}@example.com`);
  await stack.worker.kill();
  await stack.worker.start();
  await decide(run.id, 'approve');
  return run.id;
}
async function rejected(): Promise<string> {
  const run = await start('Refund order 7803');
  await decide(run.id, 'reject');
  return run.id;
}
async function cancelled(): Promise<string> {
  const run = await start('Refund order 7804');
  await api.untilAsked(run.id, 1, recoverWithinMs);
  await api.call('POST', `/v1/runs/${run.id}/cancel`, { reason: `it is ${canary}` });
  return run.id;
}
async function failedAndRepeated(): Promise<string> {
  return (await start('[overload] Refund order 1805, broken [payments-500]')).id;
}
async function resolvedByAPerson(): Promise<string> {
  const run = await start('Refund order 1806 and email lost-reply@example.com');
  await decide(run.id, 'approve');
  let parked: EffectView | undefined;
  await eventually(
    'its mail is parked',
    async () => {
      parked = (await api.effects(run.id)).find(({ state }) => state === 'parked');
      return parked !== undefined;
    },
    recoverWithinMs,
  );
  const answer = { outcome: 'happened', externalRef: canary, message: `seen by ${canary}` };
  await api.call('POST', `/v1/effects/${parked?.key}/resolutions`, answer);
  return run.id;
}
/** What the gateway refuses, each for another reason; and in what words. */
async function refused(): Promise<string> {
  const calls = [
    api.call('POST', '/v1/runs', { agent: canary, input: { message: canary } }),
    api.call('POST', '/v1/runs', { agent: 'refund-desk', input: { other: canary } }),
    api.call('POST', '/v1/runs', canary),
    api.call('GET', `/v1/runs/${canary}`),
    api.call('GET', `/v1/runs?status=${canary}`),
    api.call('GET', `/${canary}`),
    stack.api.as(`belay_00000000_${canary.padEnd(43, 'y')}`).call('GET', '/v1/runs'),
    stack.api.as(canary).call('GET', '/v1/runs'),
  ];
  const answers = await Promise.all(calls);
  // The name of a field is told to whoever sent it, and to nobody else.
  const input = { [canary]: canary };
  const { status: toldName } = await api.call('POST', '/v1/runs', { agent: 'refund-desk', input });
  expect(toldName).toBe(422);
  for (const { status } of answers) expect(status).toBeGreaterThanOrEqual(400);
  return JSON.stringify(answers.map(({ body }) => body));
}

/** What the engine keeps of a run and shows of it. */
async function engineTextOf(runId: string): Promise<string> {
  const handle = new Client({ connection }).workflow.getHandle(runId);
  const { raw } = await handle.describe();
  return [textIn(await handle.fetchHistory()), textIn(raw)].join('\n');
}

it('no history, log line or probe carries what was in messages, arguments and keys', async () => {
  const stories = [carriedOut, rejected, cancelled, failedAndRepeated, resolvedByAPerson];
  const runIds = await Promise.all(stories.map((story) => story()));
  const problems = await refused();
  await Promise.all(runIds.map((runId) => api.until(runId, 'ended', recoverWithinMs)));

  // It was planted: what people read holds it, and so does the mail that was sent.
  for (const runId of runIds) {
    expect(JSON.stringify(await api.run(runId))).toContain(canary);
    expect(await engineTextOf(runId)).toContain('refund-desk');
  }
  expect(JSON.stringify(await stack.mail.journal())).toContain(canary);

  const read = (file: string) => readFileSync(path.join(testServers().folder, file), 'utf8');
  const places: Record<string, string> = {
    problems,
    gateway: stack.gateway.log(),
    worker: stack.worker.log(),
    model: stack.model.log(),
    payments: stack.payments.log(),
    mail: stack.mail.log(),
    temporal: read('temporal.log'),
    postgres: read('pg/postgres.log'),
    readyz: JSON.stringify((await api.call('GET', '/readyz')).body),
    livez: JSON.stringify((await api.call('GET', '/livez')).body),
  };
  for (const runId of runIds) places[`history of ${runId}`] = await engineTextOf(runId);
  const [, privateKey = ''] = testServers().signingKey.split('\n');
  const secrets = [canary, privateKey].map((secret) => secret.toLowerCase());
  const found = Object.entries(places).filter(([, text]) =>
    secrets.some((secret) => text.toLowerCase().includes(secret)),
  );
  expect(privateKey).toMatch(/^[\w+/]{64}$/);
  expect(found.map(([place]) => place)).toEqual([]);
  expect(places['worker']).toContain('Activity finished');
});
