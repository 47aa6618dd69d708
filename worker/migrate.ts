/** Migration: `node dist/worker/migrate.js`, as the owner, before everything else of a version. */
import { ConfigError, readConfig, type Config } from '../runtime/config.js';
import { createLog, type Log } from '../runtime/log.js';
import { ensureRuntimeLogin } from '../store/login.js';
import { migrate } from '../store/migrate.js';
import { ensureQueryLogin } from '../store/query-login.js';

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog({ service: 'migrate', level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const ownerUrl = config.MIGRATION_DATABASE_URL ?? config.DATABASE_URL;
  const applied = await migrate(ownerUrl);
  for (const version of applied) log.info('A migration was applied', { version });
  const login = await ensureRuntimeLogin(ownerUrl, config.DATABASE_URL);
  if (login === 'made') log.info('The login of DATABASE_URL was made, or got its password');
  if (login === 'the-owner') log.warn('DATABASE_URL is the owner: nothing keeps its rows from it');
  await prepareQueries(ownerUrl, config, log);
  log.info('The database is at its newest version', { count: applied.length });
}

async function prepareQueries(ownerUrl: string, config: Config, log: Log): Promise<void> {
  const { SQL_QUERY_DATABASE_URL: url, SQL_QUERY_SCHEMA: schema } = config;
  if (url === undefined) return;
  const login = await ensureQueryLogin(ownerUrl, url, schema);
  if (login === 'made')
    log.info('The login of SQL_QUERY_DATABASE_URL was made, or got its password');
  if (login === 'elsewhere') log.info('SQL_QUERY_DATABASE_URL is another database: left as it is');
  if (login === 'no-schema')
    log.warn('The schema of SQL_QUERY_SCHEMA is not there: migrate again once it is');
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
