/** The migrated, seeded database that every test database of a server is a copy of. */
import path from 'node:path';
import { Client } from 'pg';
import { seed } from '../../dev/seed.js';
import { readConfig } from '../../runtime/config.js';
import { createLog } from '../../runtime/log.js';
import { projectRoot } from '../../runtime/project-root.js';
import { registerAgents } from '../../store/agents.js';
import { openDatabase } from '../../store/database.js';
import { migrate } from '../../store/migrate.js';
import { loadAgents } from '../../worker/load-agents.js';
import { createConfiguredTools } from '../../worker/tools.js';
import { databaseUrl, testPepper, type TestServers } from './servers.js';

/** Makes the template and the runtime login of a new Postgres server. */
export async function prepareTemplate(servers: TestServers): Promise<void> {
  const { template, rolePassword, keys } = servers;
  const client = new Client({ connectionString: servers.postgresUrl });
  await client.connect();
  await client.query(`CREATE DATABASE ${template}`);
  const owner = databaseUrl(servers, template, 'owner');
  await migrate(owner);
  await client.query(`CREATE ROLE belay LOGIN PASSWORD '${rolePassword}' IN ROLE belay_runtime`);
  await client.end();
  await seed(owner, keys, testPepper);
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const database = openDatabase({ url: owner, poolSize: 2, log, name: 'belay-test' });
  const tools = createConfiguredTools(readConfig({ DATABASE_URL: owner }), database);
  await registerAgents(database, 'default', loadAgents(path.join(projectRoot, 'agents'), tools));
  await database.close();
}
