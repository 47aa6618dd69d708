/** How each part of the stack is started, and when it counts as up. */
import { connect } from 'node:net';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import type { ChildSpec, Wiring } from './children.js';
import { hold } from './hold.js';
import type { Running } from './keep-running.js';
import { startPostgres } from './postgres.js';
import { logFileOf } from './supervisor.js';
import { startTemporal } from './temporal.js';

const childGraceMs = 5_000;
const readyWithinMs = 60_000;
const requestWithinMs = 2_000;
const pollMs = 40;

/** Starts one of our Node processes. */
export async function startChild(wiring: Wiring, spec: ChildSpec): Promise<Running> {
  const held = await hold({
    command: process.execPath,
    args: [path.join(wiring.root, 'dist', spec.script)],
    cwd: wiring.root,
    env: spec.env,
    logFile: logFileOf(wiring.dataDir, spec.name),
  });
  return {
    pid: held.pid,
    exited: held.exited,
    stop: async () => {
      await held.stop('SIGTERM', childGraceMs);
    },
  };
}

/** Starts the embedded Postgres with its data under the data folder. */
export const startOwnPostgres = (
  dataDir: string,
  port: number,
  log: (line: string) => void,
): ReturnType<typeof startPostgres> =>
  startPostgres({
    dataDir: path.join(dataDir, 'pg'),
    port,
    log,
    logFile: logFileOf(dataDir, 'postgres'),
  });

/** Starts the dev server with its data under the data folder. */
export const startOwnTemporal = (
  { dataDir, ports }: Pick<Wiring, 'dataDir' | 'ports'>,
  cliPath: string,
  log: (line: string) => void,
): ReturnType<typeof startTemporal> =>
  startTemporal({
    cliPath,
    dbFile: path.join(dataDir, 'temporal', 'temporal.db'),
    port: ports.temporal,
    uiPort: ports.temporalUi,
    log,
    logFile: logFileOf(dataDir, 'temporal'),
  });

/** Resolves when the gateway answers. */
export const gatewayReady = (url: string): Promise<void> =>
  until('The gateway', async () => {
    const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(requestWithinMs) });
    await response.arrayBuffer();
    return response.ok;
  });

/** Resolves when something listens on the port. */
export const portReady = (name: string, port: number): Promise<void> =>
  until(`The ${name} stand-in`, () => listens(port));

/** Resolves when a worker polls the task queue. */
export async function workerReady(
  address: string,
  namespace: string,
  taskQueue: string,
  apiKey: string | null,
): Promise<void> {
  const connection = await Connection.connect({
    address,
    ...(apiKey ? { apiKey, tls: true } : {}),
  });
  try {
    await until('The worker', async () => {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace,
        taskQueue: { name: taskQueue },
        taskQueueType: 1,
      });
      return (pollers?.length ?? 0) > 0;
    });
  } finally {
    await connection.close();
  }
}

async function until(what: string, isReady: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  for (;;) {
    if (await isReady().catch(() => false)) return;
    if (Date.now() > deadline) throw new Error(`${what} was not ready in 60 s.`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(requestWithinMs);
    const settle = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}
