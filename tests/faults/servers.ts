/** A Postgres and a Temporal of a scenario's own, with their data on disk, to be killed and started again. */
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ownPort } from '../support/ports.js';
import { startPostgres, type Postgres } from '../../dev/postgres.js';
import { isRunning, markOf } from '../../dev/processes.cjs';
import { loadKeys } from '../../dev/seed.js';
import { newPrivateKey } from '../../runtime/signing.js';
import { prepareNamespace, startTemporal, type TemporalServer } from '../../dev/temporal.js';
import { eventually } from '../support/eventually.js';
import { templateName, testServers, type TestServers } from '../support/servers.js';
import { prepareTemplate } from '../support/template.js';

/** A server that can be ended and started again on the same port and data. */
export interface Server {
  /** Resolves when it takes calls. */
  start(): Promise<void>;
  /** SIGKILL, at once; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it in order. */
  stop(): Promise<void>;
}

export interface OwnServers {
  readonly servers: TestServers;
  readonly postgres: Server;
  readonly temporal: Server;
  close(): Promise<void>;
}

const silent = (): void => undefined;
/** The backends of a killed Postgres hold its shared memory until they have noticed. */
const startAgainWithinMs = 20_000;

/** Starts both, Postgres with everything that makes its commits last, and prepares a template. */
export async function startOwnServers(): Promise<OwnServers> {
  const folder = mkdtempSync(path.join(testServers().folder, 'servers-'));
  // Postgres runs as another user when the tests run as root.
  chmodSync(folder, 0o755);
  const [postgresPort, temporalPort] = [await ownPort(), await ownPort()];
  let postgresUrl = '';
  const postgres = restartable(async () => {
    const dataDir = path.join(folder, 'pg');
    const server = await startPostgres({ dataDir, port: postgresPort, log: silent });
    postgresUrl = server.url;
    return server;
  });
  const temporal = restartable(() =>
    startTemporal({
      cliPath: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? 'temporal',
      dbFile: path.join(folder, 'temporal.db'),
      port: temporalPort,
      uiPort: null,
      log: silent,
      logFile: path.join(folder, 'temporal.log'),
    }),
  );
  await Promise.all([postgres.start(), temporal.start()]);
  const servers: TestServers = {
    postgresUrl,
    template: templateName,
    rolePassword: randomBytes(16).toString('hex'),
    temporalAddress: `127.0.0.1:${temporalPort}`,
    keys: loadKeys(path.join(folder, 'keys.json')),
    signingKey: newPrivateKey(),
    folder,
  };
  await Promise.all([prepareTemplate(servers), prepareNamespace(servers.temporalAddress)]);
  return {
    servers,
    postgres,
    temporal,
    close: async () => {
      await Promise.all([postgres.stop(), temporal.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function restartable(begin: () => Promise<Postgres | TemporalServer>): Server {
  let server: Postgres | TemporalServer | null = null;
  return {
    start: async () => {
      const untilMs = performance.now() + startAgainWithinMs;
      for (server = null; server === null;) {
        server = await begin().catch((error: unknown) => {
          if (performance.now() > untilMs) throw error;
          return null;
        });
      }
    },
    kill: async () => {
      if (server === null) return;
      const mark = markOf(server.pid);
      process.kill(server.pid, 'SIGKILL');
      await eventually('the server is gone', async () => !isRunning(mark));
    },
    stop: async () => server?.stop(),
  };
}
