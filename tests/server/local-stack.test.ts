import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { EffectKey } from '../../contracts/ids.js';
import { openLocalStack } from '../../server/local-stack.js';
import { startPaymentsStandIn } from '../../stand-ins/payments/server.js';
import { eventually } from '../support/eventually.js';
import { startProgram, type Program } from '../support/program.js';

let folder: string;
let started: Program[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-local-'));
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

/** A process that does nothing, under the name of the script that it runs. */
async function run(script: string): Promise<Program> {
  const file = path.join(folder, script);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'setInterval(() => {}, 1000)');
  const program = startProgram([file], {}, path.join(folder, 'log'));
  started.push(program);
  await once(program.child, 'spawn');
  return program;
}

const file = (): string => path.join(folder, 'stack.json');
const note = (pids: object, paymentsUrl = 'https://api.stripe.com'): void =>
  writeFileSync(file(), JSON.stringify({ paymentsUrl, pids }));
const key = 'K'.repeat(43) as EffectKey;

test('kills the worker, and tells which one came instead', async () => {
  const worker = await run('dist/worker/main.js');
  note({ worker: worker.pid });
  const stack = openLocalStack(file());
  expect(await stack.view()).toEqual({ workerPid: worker.pid, kills: [] });
  expect(await stack.killWorker()).toMatchObject({ pid: worker.pid, replacement: null });
  expect(await worker.ended).toBeNull();
  expect(await stack.view()).toMatchObject({ workerPid: null });
  note({ worker: 4_711 });
  await eventually('the next worker is known', async () => {
    const { kills } = await stack.view();
    return kills[0]?.replacement?.pid === 4_711;
  });
});

test('never kills another process that has got the pid, and nothing when there is none', async () => {
  const stranger = await run('dist/worker/main.js.not');
  const stack = openLocalStack(file());
  for (const pids of [{ worker: stranger.pid }, {}, { worker: 2 ** 22 + 1 }]) {
    note(pids);
    await expect(stack.killWorker()).rejects.toMatchObject({ code: 'worker-not-running' });
  }
  rmSync(file());
  await expect(stack.killWorker()).rejects.toMatchObject({ code: 'worker-not-running' });
  expect(stranger.running).toBe(true);
  expect(await stack.view()).toEqual({ workerPid: null, kills: [] });
});

test('counts every refund of a charge, under whatever key it was made', async () => {
  const journalPath = path.join(folder, 'payments.jsonl');
  const payments = await startPaymentsStandIn({ port: 0, journalPath });
  note({}, payments.url);
  const stack = openLocalStack(file());
  const refund = (effectKey: string, charge: string) =>
    fetch(`${payments.url}/v1/refunds`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_x', 'idempotency-key': effectKey },
      body: new URLSearchParams({ charge, amount: '100', 'metadata[effectKey]': effectKey }),
    });
  expect(await stack.refundsOf(key)).toBe(0);
  await refund(key, 'ch_9001');
  await refund(key, 'ch_9001');
  await refund('another', 'ch_9002');
  expect(await stack.refundsOf(key)).toBe(1);
  await refund('another key', 'ch_9001');
  expect(await stack.refundsOf(key)).toBe(2);
  await payments.close();
  expect(await stack.refundsOf(key)).toBeNull();
});

test('never asks a service that is not on this machine', async () => {
  note({}, 'https://api.stripe.com');
  const asking = jest.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('asked'));
  expect(await openLocalStack(file()).refundsOf(key)).toBeNull();
  expect(asking).not.toHaveBeenCalled();
  asking.mockRestore();
});
