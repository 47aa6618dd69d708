/** The servers of a bench, as `npm start` has them: Postgres with fsync, Temporal with a file. */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { ensureDatabase, ensureLogin } from '../dev/database.js';
import { anyPort } from '../dev/ports.js';
import { startPostgres } from '../dev/postgres.js';
import { prepareNamespace, startTemporal } from '../dev/temporal.js';
import { defaultTenant } from '../contracts/tenant.js';
import { createLog } from '../runtime/log.js';
import { projectRoot } from '../runtime/project-root.js';
import { registerAgents } from '../store/agents.js';
import { openDatabase } from '../store/database.js';
import { migrate } from '../store/migrate.js';
import { seedPrincipals } from '../store/register-principals.js';
import { withClient } from '../store/with-client.js';
import { rowTablesSql } from './baseline/rows.js';
import { benchAgent } from './stub-agent.js';
import { createStubCalls } from './stub-calls.js';
import { createStubTools } from './stub-tools.js';

export interface Servers {
  /** Logs, journals, data: gone after the bench. */
  readonly folder: string;
  /** As the role of gateway and worker. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly baselineBundle: string;
  readonly pids: { readonly postgres: number; readonly temporal: number };
  /** Gathers what Postgres plans by, as autovacuum does within a minute of the first rows. */
  analyze(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts them on free ports, empty but for the bench's agent. They end with this process. */
export async function startServers(cliPath: string, turnLimit: number): Promise<Servers> {
  const data = path.join(projectRoot, '.data');
  await mkdir(data, { recursive: true });
  const folder = await mkdtemp(path.join(data, 'bench-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  // However it ends: a bench that is broken off leaves nothing either.
  process.once('exit', remove);
  const log = (): void => undefined;
  const [postgres, temporal, baselineBundle] = await Promise.all([
    startPostgres({ dataDir: path.join(folder, 'pg'), port: await anyPort(), log }),
    startTemporal({
      cliPath,
      dbFile: path.join(folder, 'temporal.db'),
      port: await anyPort(),
      uiPort: null,
      log,
      logFile: path.join(folder, 'temporal.log'),
    }),
    bundleBaseline(path.join(folder, 'baseline-bundle.js')),
  ]);
  const ownerUrl = await ensureDatabase(postgres.url, 'belay');
  const [databaseUrl] = await Promise.all([
    prepareDatabase(ownerUrl, folder, turnLimit),
    prepareNamespace(temporal.address),
  ]);
  return {
    folder,
    databaseUrl,
    temporalAddress: temporal.address,
    baselineBundle,
    pids: { postgres: postgres.pid, temporal: temporal.pid },
    analyze: () => withClient(ownerUrl, async (owner) => void (await owner.query('ANALYZE'))),
    stop: async () => {
      await Promise.all([postgres.stop(), temporal.stop()]);
      remove();
    },
  };
}

async function prepareDatabase(ownerUrl: string, folder: string, turnLimit: number) {
  await migrate(ownerUrl);
  await withClient(ownerUrl, (owner) => owner.query(rowTablesSql));
  const log = createLog({ service: 'bench', level: 'error', format: 'json' });
  const database = openDatabase({ url: ownerUrl, poolSize: 2, log, name: 'bench' });
  const tools = createStubTools(createStubCalls('/dev/null'));
  await registerAgents(database, defaultTenant, [benchAgent(tools, turnLimit)]);
  // Whose answers the bench gives: a vote of somebody who is not there is void.
  const roles = ['operator', 'approver'] as const;
  const people = ['local', 'ana'].map((id) => ({ id, roles, labels: [], apiKey: null }));
  await seedPrincipals(database, defaultTenant, people, ['nobody here has a key']);
  await database.close();
  return ensureLogin(ownerUrl, path.join(folder, 'runtime-password'));
}

/** The baselines' workflow, bundled as Belay's is. */
async function bundleBaseline(file: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./baseline/workflows'),
    logger: new DefaultLogger('WARN'),
  });
  await writeFile(file, code);
  return file;
}
