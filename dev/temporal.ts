/** The real Temporal dev server with its Web UI, tuned as measured, with its data in a file. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { searchAttributes } from '../contracts/search-attributes.js';
import { hold, type Exit, type Held } from './hold.js';

export interface TemporalOptions {
  readonly cliPath: string;
  /** Where its data are kept; null keeps them in memory. */
  readonly dbFile: string | null;
  readonly port: number;
  /** Null for no Web UI. */
  readonly uiPort: number | null;
  readonly log: (line: string) => void;
  readonly logFile: string;
}

export interface TemporalServer {
  readonly address: string;
  readonly uiUrl: string | null;
  /** The server's own pid. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  stop(): Promise<void>;
}

const startWithinMs = 60_000;
const stopWithinMs = 5_000;
const callWithinMs = 5_000;
const usableWithinMs = 60_000;
const pollMs = 50;
const retentionMs = 30 * 86_400_000;
/** From Temporal's API: IndexedValueType, and gRPC's health check. */
const valueTypes = { Keyword: 2, KeywordList: 7 };
const statusServing = 1;

/**
 * Stock, the server reads a shard's queue at most 20 times a second and the dev server has one
 * shard: every task waits 45 ms. With these an activity takes 11 ms instead of 107.
 */
const settings = [
  ['history.transferProcessorMaxPollRPS', '2000'],
  ['history.timerProcessorMaxPollRPS', '2000'],
  ['system.enableActivityEagerExecution', 'true'],
] as const;

/**
 * It collects its garbage later, up to a bound: a step takes it a tenth less CPU time, for up to
 * 200 MB more of memory while much is going on.
 */
const goSettings = { GOGC: '400', GOMEMLIMIT: '400MiB' };

/** Starts the dev server on 127.0.0.1 and resolves when it serves. It ends with this process. */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const { cliPath, dbFile, port, uiPort, logFile } = options;
  if (dbFile !== null) await mkdir(path.dirname(dbFile), { recursive: true });
  const server = await hold({
    command: cliPath,
    args: serverArguments(options),
    cwd: path.dirname(logFile),
    // A home of ours: the user's own CLI configuration has no say here.
    env: {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: path.dirname(logFile),
      TZ: 'UTC',
      ...goSettings,
    },
    logFile,
  });
  const address = `127.0.0.1:${port}`;
  await untilServing(address, server, logFile);
  return {
    address,
    uiUrl: uiPort === null ? null : `http://127.0.0.1:${uiPort}`,
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      await server.stop('SIGTERM', stopWithinMs);
    },
  };
}

/** The command line of the server. */
function serverArguments({ dbFile, port, uiPort }: TemporalOptions): readonly string[] {
  const place = ['--ip', '127.0.0.1', '--port', String(port)];
  const ui = uiPort === null ? ['--headless'] : ['--ui-port', String(uiPort)];
  const pragmas = ['journal_mode=WAL', 'synchronous=NORMAL'];
  const file =
    dbFile === null
      ? []
      : ['--db-filename', dbFile, ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])];
  const tuning = settings.flatMap(([key, value]) => ['--dynamic-config-value', `${key}=${value}`]);
  // Counts only when the file is new, and then saves the first runs a wait.
  const attributes = Object.values(searchAttributes).flatMap(({ name, kind }) => [
    '--search-attribute',
    `${name}=${kind}`,
  ]);
  const log = ['--log-level', 'warn', '--log-format', 'json'];
  return ['server', 'start-dev', ...place, ...ui, ...file, ...tuning, ...attributes, ...log];
}

export interface NamespaceOptions {
  readonly namespace?: string;
  readonly apiKey?: string | null;
  /** False for a server of the user's: how long it keeps histories is not our matter. */
  readonly isOurs?: boolean;
}

/**
 * Makes a server's namespace ready: histories are kept for 30 days (the dev server's default is
 * one), and the search attributes exist and can be used. Doing it again changes nothing.
 */
export async function prepareNamespace(
  address: string,
  { namespace = 'default', apiKey = null, isOurs = true }: NamespaceOptions = {},
): Promise<void> {
  const secure = apiKey === null ? {} : { apiKey, tls: true };
  const connection = await Connection.connect({ address, connectTimeout: callWithinMs, ...secure });
  try {
    if (isOurs) {
      await connection.withDeadline(Date.now() + callWithinMs, () =>
        connection.workflowService.updateNamespace({
          namespace,
          config: { workflowExecutionRetentionTtl: msToTs(retentionMs) },
        }),
      );
    }
    await addSearchAttributes(connection, namespace);
    await untilUsable(connection, namespace);
  } finally {
    await connection.close();
  }
}

/** Resolves when a server answers there, and knows who we are. Rejects with why not. */
export async function reachTemporal(address: string, apiKey: string | null): Promise<void> {
  const secure = apiKey === null ? {} : { apiKey, tls: true };
  const connection = await Connection.connect({ address, connectTimeout: callWithinMs, ...secure });
  await connection.close();
}

async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = Object.values(searchAttributes).filter(({ name }) => !customAttributes?.[name]);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map(({ name, kind }) => [name, valueTypes[kind]])),
  });
}

/** The server's caches learn of new attributes a while later: a query that names them tells. */
async function untilUsable(connection: Connection, namespace: string): Promise<void> {
  const names = Object.values(searchAttributes).map(({ name }) => name);
  const query = names.map((name) => `${name} = 'none'`).join(' OR ');
  const until = Date.now() + usableWithinMs;
  for (;;) {
    try {
      await connection.workflowService.countWorkflowExecutions({ namespace, query });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause();
    }
  }
}

async function untilServing(address: string, server: Held, logFile: string): Promise<void> {
  const until = Date.now() + startWithinMs;
  let exit: Exit | undefined;
  void server.exited.then((value) => (exit = value));
  for (;;) {
    if (exit) throw new Error(`Temporal ended while starting.\n${await tail(logFile)}`);
    if (await isServing(address)) return;
    if (Date.now() > until) {
      await server.stop('SIGTERM', stopWithinMs);
      throw new Error(`Temporal did not start in 60 s.\n${await tail(logFile)}`);
    }
    await pause();
  }
}

/** Says whether a Temporal server answers there. */
async function isServing(address: string): Promise<boolean> {
  const connection = await Connection.connect({ address, connectTimeout: 1_000 }).catch(() => null);
  if (!connection) return false;
  try {
    const { status } = await connection.healthService.check({
      service: 'temporal.api.workflowservice.v1.WorkflowService',
    });
    return status === statusServing;
  } catch {
    return false;
  } finally {
    await connection.close();
  }
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

const pause = () => new Promise((resolve) => setTimeout(resolve, pollMs));
