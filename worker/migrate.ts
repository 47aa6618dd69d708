/** Migration: `node dist/worker/migrate.js`, as the owner, before everything else of a version. */
import { ConfigError, readConfig } from '../runtime/config.js';
import { createLog } from '../runtime/log.js';
import { ensureRuntimeLogin } from '../store/login.js';
import { migrate } from '../store/migrate.js';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'migrate', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const ownerUrl = config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL;
  const applied = await migrate(ownerUrl);
  for (const version of applied) log.info('A migration was applied', { version });
  const login = await ensureRuntimeLogin(ownerUrl, config.DATABASE_URL);
  if (login === 'made') log.info('The login of DATABASE_URL was made, or got its password');
  if (login === 'the-owner') log.warn('DATABASE_URL is the owner: nothing keeps its rows from it');
  log.info('The database is at its newest version', { count: applied.length });
}

main().catch((error: unknown) => {
  // For the person who migrates, on the terminal: Postgres names the statement and what it lacks.
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof ConfigError ? `${why}\n` : stopped(why));
  process.exit(1);
});

const stopped = (why: string): string =>
  `The migration stopped: ${why}\n` +
  'Migrations that were applied stay applied, no row was lost, and the gateways and workers of the ' +
  'version before go on. Correct what it names, then run it again.\n';
