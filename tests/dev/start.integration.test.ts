import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isRunning, markOf } from '../../dev/processes.cjs';
import type { LocalStackView } from '../../contracts/local.js';
import type { StackInfo } from '../../dev/stack-file.js';
import { createSigner } from '../../runtime/signing.js';
import { createApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { startProgram, type Program } from '../support/program.js';

let folder: string;
let started: Program[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-start-'));
  // Postgres runs as another user when the tests run as root.
  chmodSync(folder, 0o755);
  started = [];
});
afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** Starts the stack as `npm start` does, on free ports, with data of its own. */
function start(...options: string[]) {
  const program = startProgram(
    ['dev/start.mjs', ...options],
    {
      HOME: process.env['HOME'] ?? folder,
      BELAY_DATA_DIR: folder,
      PORT: '0',
      TEMPORAL_CLI_PATH: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? '',
    },
    path.join(folder, `start-${started.length}.log`),
  );
  started.push(program);
  return program;
}

const stack = () => JSON.parse(readFileSync(path.join(folder, 'stack.json'), 'utf8')) as StackInfo;
const marks = () => Object.values(stack().pids).map(markOf);

async function ready(belay: Program): Promise<void> {
  const isReady = async () => {
    if (!belay.running) throw new Error(`It ended:\n${belay.output()}`);
    return belay.output().includes('Belay is ready');
  };
  await eventually('the stack is ready', isReady, 60_000);
}

describe('npm start', () => {
  it('runs everything, refuses a second start, and ends everything in order', async () => {
    const belay = start();
    await ready(belay);
    const names = [
      'desk',
      'gateway',
      'mail',
      'model',
      'payments',
      'postgres',
      'temporal',
      'worker',
    ];
    expect(Object.keys(stack().pids).toSorted()).toEqual([...names, 'supervisor'].toSorted());
    expect((await fetch(`${stack().gatewayUrl}/livez`)).status).toBe(200);

    const keyFile = path.join(folder, 'signing-key.pem');
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const privateKey = readFileSync(keyFile, 'utf8');
    const { keyId } = createSigner(privateKey);
    expect(belay.output()).not.toContain(privateKey.split('\n')[1]);
    expect(readFileSync(path.join(folder, 'stack.json'), 'utf8')).not.toContain('PRIVATE KEY');
    expect(readFileSync(path.join(folder, 'logs', 'gateway.log'), 'utf8')).toContain(keyId);
    expect(readFileSync(path.join(folder, 'trusted-keys.json'), 'utf8')).toContain(keyId);

    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain(`already running here (pid ${belay.child.pid})`);
    expect(second.output()).toContain(`console is at ${stack().gatewayUrl}.`);

    const before = marks();
    belay.child.kill('SIGTERM');
    expect(await belay.ended).toBe(0);
    expect(before.filter(isRunning)).toEqual([]);
    expect(existsSync(path.join(folder, 'stack.json'))).toBe(false);
  });

  it('starts a killed worker again and tells its new pid', async () => {
    const belay = start();
    await ready(belay);
    const { worker = 0 } = stack().pids;
    expect(belay.output()).toContain(`kill -9 ${worker}`);
    const api = createApi(stack().gatewayUrl);
    const kill = await api.call('POST', '/v1/local/worker/kills');
    expect([kill.status, kill.body]).toMatchObject([200, { pid: worker }]);
    await eventually('the worker runs again', async () => {
      const { worker: next = worker } = stack().pids;
      return next !== worker && belay.output().includes(`kill -9 ${next}`);
    });
    await eventually('the gateway knows which worker came instead', async () => {
      const { body } = await api.call<LocalStackView>('GET', '/v1/local');
      return body.kills[0]?.replacement?.pid === stack().pids['worker'];
    });
    belay.child.kill('SIGINT');
    expect(await belay.ended).toBe(0);
  });

  it('is stopped and started in the middle of ten runs, and all go on', async () => {
    const belay = start();
    await ready(belay);
    const orders = Array.from({ length: 10 }, (_, index) => 4_990 + 2 * index);
    const api = createApi(stack().gatewayUrl);
    const runs = await Promise.all(orders.map((order) => api.start(`Refund order ${order}`)));
    await eventually('some have asked', async () => {
      const { body } = await api.call<{ data: unknown[] }>('GET', '/v1/approvals?status=pending');
      return body.data.length > 0;
    });
    belay.child.kill('SIGINT');
    expect(await belay.ended).toBe(0);
    expect(belay.output()).toMatch(
      / \d+ runs are safe in .*; \d of them waits? for you\. They go on/,
    );

    const again = start();
    await ready(again);
    const { gatewayUrl, paymentsUrl } = stack();
    const welcome = new RegExp(`Welcome back: .*\n(  refund-desk .*${gatewayUrl}/runs/run_.*\n)+`);
    await eventually('it says what is open', async () => welcome.test(again.output()));
    const later = createApi(gatewayUrl);
    for (const [index, run] of runs.entries()) {
      const asks = orders[index]! > 5_000;
      if (asks) await later.decide((await later.untilAsked(run.id))[0]!, 'approve');
      expect(await later.until(run.id, 'ended')).toMatchObject({ status: 'completed' });
    }
    const journal = await (await fetch(`${paymentsUrl}/journal`)).json();
    const { data } = journal as { data: { kind: string; refund: { charge: string } }[] };
    const charges = data.flatMap(({ kind, refund }) => (kind === 'refund' ? [refund.charge] : []));
    expect(charges.toSorted()).toEqual(orders.map((order) => `ch_${order}`).toSorted());
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  });

  it('leaves nothing behind when it is killed, and goes on with the same data', async () => {
    const belay = start();
    await ready(belay);
    const { keys } = stack();
    const before = marks();
    belay.child.kill('SIGKILL');
    await eventually('all are gone', async () => !before.some(isRunning));
    const again = start();
    await ready(again);
    expect(stack().keys).toEqual(keys);
    again.child.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  });
});
