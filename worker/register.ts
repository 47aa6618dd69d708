/**
 * Registration: `node dist/worker/register.js [folder]`, after the migration and before the gateway.
 * Where a file of an agent is wrong it says all that is, changes nothing and ends with 1.
 */
import path from 'node:path';
import { defaultTenant } from '../contracts/tenant.js';
import { readConfig } from '../runtime/config.js';
import { createLog } from '../runtime/log.js';
import { projectRoot } from '../runtime/project-root.js';
import { registerAgents } from '../store/agents.js';
import { openDatabase } from '../store/database.js';
import { loadAgents } from './load-agents.js';
import { createConfiguredTools } from './tools.js';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({
    service: 'register',
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT,
  });
  const url = config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL;
  const database = openDatabase({ url, poolSize: 2, log, name: 'belay-register' });
  try {
    const tools = createConfiguredTools(config, database);
    const folder = process.argv[2] ?? path.join(projectRoot, 'agents');
    const agents = loadAgents(folder, tools);
    const changed = await registerAgents(database, defaultTenant, agents);
    log.info('Agents are registered', { count: agents.length });
    for (const name of changed) log.info('A new version is current', { path: `agents/${name}` });
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  // What is wrong with a file is for the person who wrote it, on the terminal, not in a log.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
