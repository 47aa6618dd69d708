/** A database of one's own for a test file: a copy of the migrated, seeded template. */
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createLog } from '../../runtime/log.js';
import { openDatabase, type Database } from '../../store/database.js';
import { databaseUrl, testServers, type TestServers } from './servers.js';

export interface TestDatabase {
  readonly database: Database;
  /** As the runtime role. */
  readonly url: string;
  /** As superuser. */
  readonly ownerUrl: string;
  /** API keys by the name of their principal. */
  readonly principals: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Makes the database and opens it as the runtime role; `close` drops it. */
export async function openTestDatabase(
  servers: TestServers = testServers(),
): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(servers, `CREATE DATABASE ${name} TEMPLATE ${servers.template}`);
  const url = databaseUrl(servers, name, 'runtime');
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const database = openDatabase({ url, poolSize: 20, log, name: 'belay-test' });
  return {
    database,
    url,
    ownerUrl: databaseUrl(servers, name, 'owner'),
    principals: servers.keys,
    close: async () => {
      await database.close();
      await asSuperuser(servers, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function asSuperuser({ postgresUrl }: TestServers, sql: string): Promise<void> {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
