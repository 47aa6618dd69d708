/** A login of `sql_query` on a test's database, as the migration makes it. */
import { randomBytes } from 'node:crypto';
import { ensureQueryLogin } from '../../store/query-login.js';
import { withClient } from '../../store/with-client.js';
import type { TestDatabase } from './database.js';

export interface QueryLogin {
  readonly name: string;
  readonly url: string;
  /** Runs SQL as superuser. */
  asOwner(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** To be called before the database is dropped. */
  drop(): Promise<void>;
}

/** Names a login that nobody else has; nothing is made. */
export function newQueryLogin({ ownerUrl }: TestDatabase): QueryLogin {
  const name = `query_${randomBytes(4).toString('hex')}`;
  const url = new URL(ownerUrl);
  url.username = name;
  url.password = 'a-password';
  const asOwner = (sql: string) =>
    withClient(ownerUrl, async (client) => (await client.query(sql)).rows);
  return {
    name,
    url: url.href,
    asOwner,
    drop: async () => {
      await asOwner(`DROP OWNED BY ${name}`);
      await asOwner(`DROP ROLE ${name}`);
    },
  };
}

/** Makes a login that reads the schema `shop`. */
export async function makeQueryLogin(testing: TestDatabase): Promise<QueryLogin> {
  const login = newQueryLogin(testing);
  await ensureQueryLogin(testing.ownerUrl, login.url, 'shop');
  return login;
}
