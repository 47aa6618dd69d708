/** The login of `sql_query`: reads one schema of our database, and can do nothing else in it. */
import type { Client } from 'pg';
import { ForeignLoginError, isMember, runtimeRole, setPassword } from './login.js';
import { withClient } from './with-client.js';

const queryRole = 'belay_query';
/** As many statements of `sql_query` run at once, of all workers. */
const connectionLimit = 20;

export type QueryLoginState =
  /** Another database: its login is made by whoever owns it. */
  | 'elsewhere'
  /** There is no such schema yet: the login reads nothing until this is done again. */
  | 'no-schema'
  | 'there'
  | 'made';

/** A schema with tables of Belay in it: nobody else reads those. */
export class OwnSchemaError extends Error {
  override readonly name = 'OwnSchemaError';
}

/**
 * Sees to it that the login named in `queryUrl` works and reads exactly the schema: what is there, and
 * what the owner adds to it. Rights on another schema, from an earlier setting, are taken away.
 * The migration must have run: it makes the role. Throws an {@link OwnSchemaError}, a
 * {@link ForeignLoginError}, or Postgres's own error when the owner may not.
 */
export async function ensureQueryLogin(
  ownerUrl: string,
  queryUrl: string,
  schema: string,
): Promise<QueryLoginState> {
  if (placeOf(ownerUrl) !== placeOf(queryUrl)) return 'elsewhere';
  const { username, password } = new URL(queryUrl);
  const name = decodeURIComponent(username);
  const works = await isMember(queryUrl, queryRole).catch(() => null);
  return withClient(ownerUrl, async (client) => {
    await refuseOwnSchema(client, schema);
    await refuseOtherUse(client, name);
    await keepTemporaryForOurs(client);
    const role = client.escapeIdentifier(name);
    if (works === null) {
      const login = { name, password: decodeURIComponent(password), group: queryRole };
      await setPassword(client, login);
    }
    if (works !== true) {
      await client.query(`GRANT ${queryRole} TO ${role}`);
      await client.query(`ALTER ROLE ${role} CONNECTION LIMIT ${connectionLimit}`);
      await client.query(`ALTER ROLE ${role} SET default_transaction_read_only = on`);
    }
    const isThere = await limitTo(client, schema);
    if (!isThere) return 'no-schema';
    return works === true ? 'there' : 'made';
  });
}

/** Server and database. */
function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 5432}${pathname}`;
}

async function refuseOwnSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ schema: string }>(
    `SELECT relnamespace::regnamespace::text AS schema FROM pg_class
     WHERE oid IN (to_regclass('_prisma_migrations'), to_regclass('run'))`,
  );
  if (!rows.some((row) => row.schema === schema)) return;
  throw new OwnSchemaError(
    `SQL_QUERY_SCHEMA is ${schema}, where Belay's own tables are: they are not for queries. ` +
      'Name another schema.',
  );
}

/** The login of gateway and worker, or the owner, would be made unable to write. */
async function refuseOtherUse(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ writes: boolean }>(
    `SELECT pg_has_role(rolname, '${runtimeRole}', 'MEMBER') AS writes
     FROM pg_roles WHERE rolname = $1`,
    [name],
  );
  if (rows[0]?.writes !== true) return;
  throw new ForeignLoginError(
    `SQL_QUERY_DATABASE_URL names ${name}, which writes Belay's tables. It was not changed. ` +
      'Name a login of its own.',
  );
}

/** Grants the role this schema and takes all others away. Says whether the schema is there. */
async function limitTo(client: Client, schema: string): Promise<boolean> {
  const { rows } = await client.query<{ name: string; isRead: boolean }>(
    `SELECT nspname AS name,
       EXISTS (SELECT FROM aclexplode(nspacl) WHERE grantee = '${queryRole}'::regrole) AS "isRead"
     FROM pg_namespace`,
  );
  for (const { name, isRead } of rows) {
    const its = client.escapeIdentifier(name);
    if (name === schema) {
      await client.query(`GRANT USAGE ON SCHEMA ${its} TO ${queryRole};
        GRANT SELECT ON ALL TABLES IN SCHEMA ${its} TO ${queryRole};
        ALTER DEFAULT PRIVILEGES IN SCHEMA ${its} GRANT SELECT ON TABLES TO ${queryRole}`);
    } else if (isRead) {
      await client.query(`REVOKE ALL ON SCHEMA ${its} FROM ${queryRole};
        REVOKE ALL ON ALL TABLES IN SCHEMA ${its} FROM ${queryRole};
        ALTER DEFAULT PRIVILEGES IN SCHEMA ${its} REVOKE ALL ON TABLES FROM ${queryRole}`);
    }
  }
  return rows.some(({ name }) => name === schema);
}

/**
 * Everybody may make temporary tables, through PUBLIC, and so could this login. From here on only ours
 * may: in a database of the owner's own. Elsewhere Postgres warns, and changes nothing.
 */
async function keepTemporaryForOurs(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  for (const { name } of rows) {
    const its = client.escapeIdentifier(name);
    await client.query(`REVOKE TEMPORARY ON DATABASE ${its} FROM PUBLIC`);
    await client.query(`GRANT TEMPORARY ON DATABASE ${its} TO ${runtimeRole}`);
  }
}
