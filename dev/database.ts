/** The local stack's database and login, and a look at one that the user brings. */
import { ensureRuntimeLogin } from '../store/login.js';
import { ensureQueryLogin } from '../store/query-login.js';
import { withClient } from '../store/with-client.js';
import { keptPassword } from './secret-file.js';

const loginRole = 'belay';
const queryLoginRole = 'belay_reader';

/** Makes the database if it is not there and returns its URL, as the same user. */
export async function ensureDatabase(serverUrl: string, name: string): Promise<string> {
  await withClient(serverUrl, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    }
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * Makes the login of gateway and worker, a member of the runtime role, and returns its URL. The
 * migration must have run: it makes that role.
 */
export async function ensureLogin(ownerUrl: string, passwordFile: string): Promise<string> {
  const url = new URL(ownerUrl);
  url.username = loginRole;
  url.password = keptPassword(passwordFile);
  await ensureRuntimeLogin(ownerUrl, url.href);
  return url.href;
}

/** Makes the login with which `sql_query` reads the demo's shop, and returns its URL. */
export async function ensureShopReader(ownerUrl: string, passwordFile: string): Promise<string> {
  const url = new URL(ownerUrl);
  url.username = queryLoginRole;
  url.password = keptPassword(passwordFile);
  await ensureQueryLogin(ownerUrl, url.href, 'shop');
  return url.href;
}

/** Whether agents were registered here before. */
export const hasAgents = (url: string): Promise<boolean> =>
  withClient(
    url,
    async (client) => (await client.query('SELECT FROM agent LIMIT 1')).rowCount === 1,
  );

/**
 * Whether a database that the user brings may hold data of others: it is on another machine, or
 * has tables but not ours. Throws when it cannot be reached.
 */
export async function isForeign(url: string): Promise<boolean> {
  const { hostname } = new URL(url);
  const isRemote = !['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
  return withClient(url, async (client) => {
    const tables = await client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema')`,
    );
    const names = new Set(tables.rows.map(({ name }) => name));
    const isOurs = names.has('_prisma_migrations') && names.has('run') && names.has('outbox');
    return isRemote || (names.size > 0 && !isOurs);
  });
}
