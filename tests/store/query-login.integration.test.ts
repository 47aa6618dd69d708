/** The login of `sql_query`: made once, reads one schema, and never at the cost of another login. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ForeignLoginError } from '../../store/login.js';
import { ensureQueryLogin, OwnSchemaError } from '../../store/query-login.js';
import { withClient } from '../../store/with-client.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { newQueryLogin, type QueryLogin } from '../support/query-login.js';

let testing: TestDatabase;
const logins: QueryLogin[] = [];
beforeAll(async () => {
  testing = await openTestDatabase();
});
afterEach(async () => {
  for (const login of logins.splice(0)) await login.drop();
});
afterAll(() => testing.close());

function newLogin(): QueryLogin {
  const login = newQueryLogin(testing);
  logins.push(login);
  return login;
}
const ensure = ({ url }: QueryLogin, schema = 'shop') =>
  ensureQueryLogin(testing.ownerUrl, url, schema);
const readable = async ({ name, asOwner }: QueryLogin) => {
  const rows = await asOwner(
    `SELECT table_schema || '.' || table_name AS name FROM information_schema.tables
     WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
       AND has_table_privilege('${name}', quote_ident(table_schema) || '.' || quote_ident(table_name),
         'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
       AND has_schema_privilege('${name}', table_schema, 'USAGE') ORDER BY 1`,
  );
  return rows.map((row) => row['name']);
};

test('is made with its password, reads the one schema, and none of Belay’s own tables', async () => {
  const login = newLogin();
  expect(await ensure(login)).toBe('made');
  expect(await ensure(login)).toBe('there');
  expect(await readable(login)).toEqual(['shop.orders']);
  const orders = await withClient(login.url, (client) =>
    client.query('SELECT count(*)::int AS n FROM shop.orders'),
  );
  expect(orders.rows).toEqual([{ n: 9_004 }]);
  await expect(
    withClient(login.url, (client) => client.query('SELECT 1 FROM public.run')),
  ).rejects.toThrow('permission denied for table run');
});

test('reads a table that the owner adds later', async () => {
  const login = newLogin();
  await ensure(login);
  await login.asOwner('CREATE TABLE shop.later (a int)');
  expect(await readable(login)).toEqual(['shop.later', 'shop.orders']);
  await login.asOwner('DROP TABLE shop.later');
});

test('loses the schema of an earlier setting, and what is added to that', async () => {
  const login = newLogin();
  await ensure(login);
  await login.asOwner('CREATE SCHEMA crm; CREATE TABLE crm.people (a int)');
  expect(await ensure(login, 'crm')).toBe('there');
  expect(await readable(login)).toEqual(['crm.people']);
  await login.asOwner('CREATE TABLE shop.later (a int)');
  expect(await readable(login)).toEqual(['crm.people']);
  await ensure(login);
  await login.asOwner('DROP TABLE shop.later; DROP SCHEMA crm CASCADE');
});

test('waits for a schema that is not there yet', async () => {
  const login = newLogin();
  expect(await ensure(login, 'not_yet')).toBe('no-schema');
  expect(await readable(login)).toEqual([]);
});

test('makes no temporary table; gateway and worker still could', async () => {
  const login = newLogin();
  await ensure(login);
  const make = (url: string) =>
    withClient(url, async (client) => {
      await client.query('SET default_transaction_read_only = off');
      await client.query('CREATE TEMP TABLE mine (a int)');
    });
  await expect(make(login.url)).rejects.toThrow('permission denied to create temporary tables');
  await make(testing.url);
});

test('never gets the schema in which Belay’s own tables are', async () => {
  const login = newQueryLogin(testing);
  await expect(ensure(login, 'public')).rejects.toThrow(OwnSchemaError);
});

test('is never the login of gateway and worker, nor the owner: those are not changed', async () => {
  const before = await newQueryLogin(testing).asOwner('SELECT * FROM pg_roles ORDER BY rolname');
  for (const url of [testing.url, testing.ownerUrl]) {
    await expect(ensureQueryLogin(testing.ownerUrl, url, 'shop')).rejects.toThrow(
      ForeignLoginError,
    );
  }
  const after = await newQueryLogin(testing).asOwner('SELECT * FROM pg_roles ORDER BY rolname');
  expect(after).toEqual(before);
});

test('of somebody else’s role with another password is refused', async () => {
  const login = newLogin();
  await login.asOwner(`CREATE ROLE ${login.name} LOGIN PASSWORD 'theirs'`);
  await expect(ensure(login)).rejects.toThrow(ForeignLoginError);
});

test('of another database is left to whoever owns that', async () => {
  const { url } = newQueryLogin(testing);
  const elsewhere = new URL(url);
  elsewhere.pathname = '/warehouse';
  expect(await ensureQueryLogin(testing.ownerUrl, elsewhere.href, 'shop')).toBe('elsewhere');
});
