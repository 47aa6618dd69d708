/** The gateway process: builds what it needs, listens, and stops in order. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { defaultTenant } from '../contracts/tenant.js';
import { crashPointsOf, peppersOf, readConfig, type Config } from '../runtime/config.js';
import type { Peppers } from '../runtime/api-key.js';
import { createLog, errorFields, type Log } from '../runtime/log.js';
import { openSigner } from '../runtime/open-signer.js';
import type { Signer } from '../runtime/signing.js';
import { listAgents } from '../store/agents.js';
import type { PassPoint } from '../runtime/crash-points.js';
import { openDatabase, type Database } from '../store/database.js';
import { createKeyring } from '../store/keyring.js';
import { createApp } from './app.js';
import { startDeliverer } from './deliver.js';
import { createDelivery } from './delivery.js';
import { createEngineIdentity } from './engine-identity.js';
import { createFeed } from './feed.js';
import { createKeyWatch } from './key-watch.js';
import { watchHealth } from './health.js';
import { startReconciler } from './reconcile.js';
import { startReminder } from './remind.js';
import { startDeltaSweeper } from './sweep-deltas.js';
import { isLoopback } from './local-caller.js';
import { openLocalStack } from './local-stack.js';

/** What a stop may take altogether, and how much of it the requests under way may use. */
const stopWithinMs = 10_000;
const finishWithinMs = 4_000;
/** A request has to arrive whole within this long; answering may take longer. */
const receiveWithinMs = 30_000;
/** Longer than proxies and clients keep theirs: else a request may meet a connection that just closed. */
const keepAliveMs = 75_000;

interface Gateway {
  readonly url: string;
  stop(): Promise<void>;
}

interface Secrets {
  readonly signer: Signer;
  readonly peppers: Peppers;
}

async function start(config: Config, { signer, peppers }: Secrets, log: Log): Promise<Gateway> {
  const { TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: taskQueue } = config;
  // Before anything else is opened: a taken port ends the process.
  const server = createServer({ requestTimeout: receiveWithinMs, keepAliveTimeout: keepAliveMs });
  const url = await listen(server, config);
  const passPoint = crashPointsOf(config);
  const database = databaseOf(config, log, passPoint);
  // The first read compiles Prisma's queries: not on somebody's first request.
  void listAgents(database, defaultTenant).catch(() => undefined);
  const connection = connectionTo(config);
  const client = new Client({ connection, namespace, identity: `gateway@${process.pid}` });
  const listenUrl = config.LISTEN_DATABASE_URL ?? config.DATABASE_URL;
  const feed = createFeed({ database, listenUrl, log });
  const address = config.TEMPORAL_ADDRESS;
  const engine = { connection, address, namespace, taskQueue };
  const health = watchHealth({ ...engine, database, isListening: () => feed.isListening });
  const publicUrl = config.PUBLIC_URL?.replace(/\/+$/, '') ?? url;
  const consoleUrl = (runId: string): string => `${publicUrl}/runs/${encodeURIComponent(runId)}`;
  const stopping = new AbortController();
  const common = { database, log, passPoint };
  const identity = createEngineIdentity({ connection, namespace });
  const delivery = {
    ...engine,
    ...common,
    identity,
    client,
    historyEventsPerRun: config.TEMPORAL_HISTORY_EVENTS,
    consoleUrl,
    stopping: stopping.signal,
  };
  const deliver = createDelivery(delivery);
  const deliverer = startDeliverer({ ...common, deliver });
  const reconciler = startReconciler({ database, connection, namespace, identity, log });
  const reminder = startReminder({ database, log });
  const sweeper = startDeltaSweeper({ database, log });
  const stackFile = config.BELAY_STACK_FILE;
  const isLocalAllowed = config.BELAY_LOCAL_PRINCIPAL && isLoopback(config.HOST);
  const uiUrl = config.TEMPORAL_UI_URL?.replace(/\/+$/, '');
  const keys = openKeys(database, peppers);
  const app = createApp({
    ...common,
    signer,
    ...keys,
    feed,
    health,
    isLocalAllowed,
    temporalUi: uiUrl === undefined ? null : { url: uiUrl, namespace },
    localStack: isLocalAllowed && stackFile !== undefined ? openLocalStack(stackFile) : null,
    wakeOutbox: deliverer.wake,
  });
  server.on('request', app);
  return {
    url,
    stop: async () => {
      stopping.abort();
      keys.keyWatch.close();
      const closed = closeServer(server);
      await feed.close();
      health.stop();
      const background = [deliverer, reconciler, reminder, sweeper];
      await Promise.all([closed, ...background.map((each) => each.stop())]);
      await connection.close();
      await database.close();
    },
  };
}

function openKeys(database: Database, peppers: Peppers) {
  const keyring = createKeyring(database, peppers);
  return { keyring, keyWatch: createKeyWatch(keyring) };
}

const databaseOf = (config: Config, log: Log, passPoint: PassPoint): Database =>
  openDatabase({
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    log,
    name: 'belay-gateway',
    passPoint,
  });

/**
 * Nothing connects before the first call; a server that is away is asked again within seconds.
 * Without interceptors, because they would retry by themselves what the outbox retries.
 */
const connectionTo = ({ TEMPORAL_ADDRESS: address, TEMPORAL_API_KEY: apiKey }: Config) =>
  Connection.lazy({
    address,
    interceptors: [],
    channelArgs: {
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 2_000,
    },
    ...(apiKey === undefined ? {} : { apiKey, tls: true }),
  });

/** Resolves with the address that people can open. */
function listen(server: Server, { HOST, PORT }: Config): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(PORT, HOST, () => {
      const { port } = server.address() as AddressInfo;
      const isEverywhere = HOST === '0.0.0.0' || HOST === '::';
      const name = isEverywhere ? 'localhost' : HOST;
      resolve(`http://${name.includes(':') ? `[${name}]` : name}:${port}`);
    });
  });
}

/** Takes no more connections; those with a request under way may finish it. */
async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), finishWithinMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

function stopOnSignal(gateway: Gateway, log: Log): void {
  let isStopping = false;
  const stop = (reason: string, exitCode: number): void => {
    if (isStopping) return;
    isStopping = true;
    log.info('stopping', { signal: reason });
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    gateway
      .stop()
      .catch((error: unknown) => log.error('The stop was not clean', errorFields(error)))
      .finally(() => process.exit(exitCode));
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('uncaughtException', (error) => {
    log.error('Nothing caught this: the process ends', errorFields(error));
    stop('uncaughtException', 1);
  });
}

async function main(): Promise<void> {
  const config = readConfig();
  const peppers = peppersOf(config);
  const log = createLog({
    service: 'gateway',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  process.on('unhandledRejection', (error) =>
    log.error('Nobody waited for this', errorFields(error)),
  );
  const signer = openSigner(config, log);
  try {
    const gateway = await start(config, { signer, peppers }, log);
    stopOnSignal(gateway, log);
    log.info('listening', { url: gateway.url, pid: process.pid, keyId: signer.keyId });
  } catch (error) {
    const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE';
    const text = isTaken ? 'The port is taken: set PORT to another' : 'The gateway did not start';
    log.error(text, { ...errorFields(error), url: `${config.HOST}:${config.PORT}` });
    process.exitCode = 1;
    setTimeout(() => process.exit(1), 100).unref();
  }
}

main().catch((error: unknown) => {
  // The configuration: there is no log yet.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
