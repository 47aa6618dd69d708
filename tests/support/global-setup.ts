/** Once a run: one Postgres with a migrated template, one Temporal server. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { createConfiguredTools } from '../../worker/tools.js';
import { loadAgents } from '../../worker/load-agents.js';
import { anyPort } from '../../dev/ports.js';
import { startPostgres } from '../../dev/postgres.js';
import { loadKeys, seed } from '../../dev/seed.js';
import { prepareNamespace, startTemporal } from '../../dev/temporal.js';
import { readConfig } from '../../runtime/config.js';
import { createLog } from '../../runtime/log.js';
import { projectRoot } from '../../runtime/project-root.js';
import { registerAgents } from '../../store/agents.js';
import { openDatabase } from '../../store/database.js';
import { migrate } from '../../store/migrate.js';
import { databaseUrl, publishServers, type TestServers } from './servers.js';

const template = 'belay_template';

export default async function setUp(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'belay-test-'));
  // Postgres runs as another user when the tests run as root.
  await chmod(folder, 0o755);
  const [postgresPort, temporalPort] = [await anyPort(), await anyPort()];
  const silent = (): void => undefined;
  const [postgres, temporal] = await Promise.all([
    startPostgres({
      dataDir: path.join(folder, 'pg'),
      port: postgresPort,
      log: silent,
      fast: true,
    }),
    startTemporal({
      cliPath: process.env['BELAY_TEST_TEMPORAL_CLI'] ?? 'temporal',
      dbFile: null,
      port: temporalPort,
      uiPort: null,
      log: silent,
      logFile: path.join(folder, 'temporal.log'),
    }),
  ]);
  const servers: TestServers = {
    postgresUrl: postgres.url,
    template,
    rolePassword: randomBytes(16).toString('hex'),
    temporalAddress: temporal.address,
    keys: loadKeys(path.join(folder, 'keys.json')),
    folder,
  };
  await Promise.all([prepareTemplate(servers), prepareNamespace(temporal.address)]);
  publishServers(servers);
  const stop = () => Promise.all([postgres.stop(), temporal.stop()]);
  Object.assign(globalThis, { stopTestServers: stop });
}

async function prepareTemplate(servers: TestServers): Promise<void> {
  const client = new Client({ connectionString: servers.postgresUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${template}`);
  const owner = databaseUrl(servers, template, 'owner');
  await migrate(owner);
  await client.query(
    `CREATE ROLE belay LOGIN PASSWORD '${servers.rolePassword}' IN ROLE belay_runtime`,
  );
  await client.end();
  await seed(owner, servers.keys);
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const database = openDatabase({ url: owner, poolSize: 2, log, name: 'belay-test' });
  const tools = createConfiguredTools(readConfig({ DATABASE_URL: owner }), database);
  await registerAgents(database, 'default', loadAgents(path.join(projectRoot, 'agents'), tools));
  await database.close();
}
