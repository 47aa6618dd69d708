/** The gateway as a process: one line when it listens, an orderly stop, honest health. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownPort } from '../support/ports.js';
import type { HealthReport } from '../../server/health.js';
import { createApi } from '../support/api.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { startProgram } from '../support/program.js';
import { testPepper, testServers } from '../support/servers.js';
import { signing } from '../support/signing-keys.js';
import { readStream } from './read-stream.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  lines(): string[];
  exit(): Promise<number | null>;
}

async function startGateway(environment: Record<string, string> = {}): Promise<Started> {
  const port = Number(environment['PORT'] ?? (await ownPort()));
  const folder = mkdtempSync(path.join(testServers().folder, 'gateway-'));
  const program = startProgram(
    ['dist/server/main.js'],
    {
      DATABASE_URL: database.url,
      // Nothing listens there.
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      ...signing(testServers().signingKey),
      API_KEY_PEPPER: testPepper,
      BELAY_LOCAL_PRINCIPAL: '1',
      PORT: String(port),
      ...environment,
    },
    path.join(folder, 'gateway.log'),
  );
  return {
    child: program.child,
    port,
    url: `http://127.0.0.1:${port}`,
    lines: () =>
      program
        .output()
        .split('\n')
        .filter((line) => line !== ''),
    exit: () => program.ended,
  };
}
const untilListening = (gateway: Started) =>
  eventually('it listens', async () => gateway.lines().some((line) => line.includes('listening')));

test('a stop ends streams, finishes what is under way and leaves with 0', async () => {
  const gateway = await startGateway();
  await untilListening(gateway);
  const api = createApi(gateway.url);
  const { id } = await api.start('Refund order 42');
  let isFollowing = (): void => undefined;
  const following = new Promise<void>((resolve) => (isFollowing = resolve));
  const url = `${gateway.url}/v1/runs/${id}/events`;
  const reading = readStream(url, null, Infinity, () => isFollowing());
  await following;
  const from = performance.now();
  gateway.child.kill('SIGTERM');
  expect(await gateway.exit()).toBe(0);
  expect(performance.now() - from).toBeLessThan(8_000);
  const { text } = await reading;
  expect(text).toMatch(/event: run-created\n.*\n\n: the gateway stops.*\n\n$/s);
  expect(text).not.toContain('event: end');
});

test('a stop does not wait for a Temporal that hangs', async () => {
  const hanging = createServer((socket) => socket.on('error', () => undefined));
  hanging.listen(0, '127.0.0.1');
  await once(hanging, 'listening');
  const { port } = hanging.address() as AddressInfo;
  const asked = once(hanging, 'connection');
  const gateway = await startGateway({ TEMPORAL_ADDRESS: `127.0.0.1:${port}` });
  await untilListening(gateway);
  await createApi(gateway.url).start('Refund order 42');
  await asked;
  const from = performance.now();
  gateway.child.kill('SIGTERM');
  expect(await gateway.exit()).toBe(0);
  expect(performance.now() - from).toBeLessThan(8_000);
  hanging.close();
});

test('a port that is taken is said in one line, and the process ends', async () => {
  const first = await startGateway();
  await untilListening(first);
  const second = await startGateway({ PORT: String(first.port) });
  expect(await second.exit()).toBe(1);
  expect(second.lines()).toHaveLength(1);
  expect(second.lines()[0]).toContain('The port is taken');
  first.child.kill('SIGINT');
  expect(await first.exit()).toBe(0);
});

test('without Temporal a run is accepted, and health says what is missing', async () => {
  const gateway = await startGateway();
  await untilListening(gateway);
  const api = createApi(gateway.url);
  const run = await api.start('Refund order 42');
  expect(run).toMatchObject({ status: 'queued', waitingFor: [{ who: 'temporal' }] });
  const ready = await api.call<HealthReport>('GET', '/readyz');
  expect([ready.status, ready.body.status]).toEqual([200, 'degraded']);
  expect(ready.body.dependencies).toMatchObject({
    postgres: { status: 'ok', fix: null },
    temporal: { status: 'down', fix: expect.stringContaining('TEMPORAL_ADDRESS') },
    worker: { status: 'down' },
    listener: { status: 'ok' },
  });
  gateway.child.kill('SIGKILL');
});

test('without Postgres it lives, and is not ready', async () => {
  const gateway = await startGateway({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
  await untilListening(gateway);
  const api = createApi(gateway.url);
  const ready = await api.call<HealthReport>('GET', '/readyz');
  expect([ready.status, ready.body.status]).toEqual([503, 'unavailable']);
  expect((await api.call('GET', '/livez')).status).toBe(200);
  expect((await api.call('GET', '/v1/runs')).status).toBe(503);
  gateway.child.kill('SIGTERM');
  expect(await gateway.exit()).toBe(0);
});

test('an environment that is not usable is said whole', async () => {
  const gateway = await startGateway({ DATABASE_URL: 'nonsense', LOG_LEVEL: 'loud' });
  expect(await gateway.exit()).toBe(1);
  expect(gateway.lines().join('\n')).toMatch(/DATABASE_URL.*LOG_LEVEL/s);
});

test('no line of the log holds anything of a request but its pattern', async () => {
  const gateway = await startGateway({ LOG_LEVEL: 'debug' });
  await untilListening(gateway);
  const api = createApi(gateway.url);
  const secret = 'belay_00000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
  await api.start('hunter2');
  await api.as(secret).call('GET', '/v1/runs?cursor=hunter2');
  await api.call('POST', '/v1/runs', { agent: 'hunter2', input: {} });
  await api.call('GET', '/v1/hunter2');
  await eventually('the requests are logged', async () => gateway.lines().length >= 5);
  const log = gateway.lines().join('\n');
  expect(log).not.toContain('hunter2');
  expect(log).not.toContain(secret);
  expect(log).toContain('"principal":"local"');
  gateway.child.kill('SIGKILL');
});
