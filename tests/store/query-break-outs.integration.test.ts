/** Statements that would get out of reading, if they could. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { openQueryDatabase } from '../../store/query-database.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { makeQueryLogin, type QueryLogin } from '../support/query-login.js';

let testing: TestDatabase;
let login: QueryLogin;
beforeAll(async () => {
  testing = await openTestDatabase();
  login = await makeQueryLogin(testing);
});
afterAll(async () => {
  await login.drop();
  await testing.close();
});

const signal = new AbortController().signal;
const ask = (statement: string) =>
  openQueryDatabase(login.url, 'shop').query({
    statement,
    parameters: [],
    roomBytes: 24_000,
    signal,
  });

const breakOuts = [
  'SELECT 1; COMMIT',
  'SELECT 1; SELECT 2',
  'SELECT 1; SET statement_timeout = 0',
  'SELECT 1; COMMIT; BEGIN; DECLARE answer CURSOR FOR SELECT 1',
  "COMMIT; UPDATE shop.orders SET note = 'out'",
  "SELECT 1; UPDATE shop.orders SET note = 'out'",
  'COMMIT',
  'ROLLBACK',
  'END; BEGIN READ WRITE',
  "UPDATE orders SET note = 'out'",
  'INSERT INTO orders SELECT * FROM orders',
  'DELETE FROM orders',
  'TRUNCATE orders',
  'DROP TABLE orders',
  "WITH a AS (UPDATE orders SET note = 'out' RETURNING 1) SELECT * FROM a",
  'WITH a AS (DELETE FROM orders RETURNING 1) SELECT * FROM a',
  'SELECT * FROM orders FOR UPDATE',
  'SELECT * FROM orders FOR KEY SHARE',
  'SELECT * INTO TEMP mine FROM orders',
  'SELECT * INTO mine FROM orders',
  'CREATE TEMP TABLE mine (a int)',
  'CREATE TABLE mine (a int)',
  'CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$',
  "EXPLAIN ANALYZE UPDATE orders SET note = 'out'",
  "DO $$ BEGIN UPDATE shop.orders SET note = 'out'; END $$",
  "DO $$ BEGIN COMMIT; SET transaction_read_only = off; UPDATE shop.orders SET note = 'out'; END $$",
  "COPY orders TO PROGRAM 'cat'",
  "COPY orders FROM PROGRAM 'cat'",
  "COPY orders TO '/tmp/orders'",
  'SET ROLE belay_runtime',
  'RESET ROLE',
  'SET SESSION AUTHORIZATION belay',
  'SET TRANSACTION READ WRITE',
  'SET default_transaction_read_only = off',
  "SELECT set_config('role', 'belay_runtime', false)",
  "SELECT set_config('session_authorization', 'belay', false)",
  "SELECT set_config('transaction_read_only', 'off', false)",
  "SELECT set_config('transaction_read_only', 'off', true), query_to_xml('SELECT 1', true, true, '')",
  "SELECT query_to_xml('UPDATE shop.orders SET note = ''out'' RETURNING 1', true, true, '')",
  "SELECT query_to_xml('SELECT * FROM public.api_key', true, true, '')",
  'SELECT * FROM public.api_key',
  'SELECT * FROM public.message',
  'SELECT * FROM public._prisma_migrations',
  "SELECT pg_read_file('/etc/passwd')",
  "SELECT pg_read_binary_file('PG_VERSION')",
  "SELECT * FROM pg_ls_dir('.')",
  "SELECT lo_import('/etc/passwd')",
  "SELECT lo_export(1, '/tmp/out')",
  "SELECT lo_from_bytea(0, 'out')",
  'SELECT lo_create(0)',
  "SELECT dblink('dbname=postgres', 'SELECT 1')",
  "SELECT nextval('shop.counter')",
  "SELECT setval('shop.counter', 7)",
  'SELECT rolpassword FROM pg_authid',
  'SELECT * FROM pg_shadow',
  'SELECT pg_reload_conf()',
  'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename <> current_user',
  'LISTEN run_event',
  "NOTIFY run_event, 'out'",
  'LOCK TABLE orders IN ACCESS EXCLUSIVE MODE',
  'PREPARE a AS SELECT 1',
  'DECLARE b CURSOR WITH HOLD FOR SELECT 1',
  'VACUUM orders',
  'ALTER ROLE CURRENT_USER SET default_transaction_read_only = off',
  'GRANT ALL ON orders TO PUBLIC',
  '',
  '--',
] as const;

describe('a break-out', () => {
  let owner: Client;
  beforeAll(async () => {
    owner = new Client({ connectionString: testing.ownerUrl });
    await owner.connect();
    await owner.query('CREATE SEQUENCE shop.counter');
  });
  afterAll(() => owner.end());
  const state = async () => {
    const { rows } =
      await owner.query(`SELECT (SELECT md5(string_agg(o::text, '' ORDER BY order_id)) FROM shop.orders o) AS orders,
      (SELECT last_value FROM shop.counter) AS counter,
      (SELECT count(*)::int FROM pg_class) AS relations,
      (SELECT count(*)::int FROM pg_proc) AS functions,
      (SELECT count(*)::int FROM pg_largeobject_metadata) AS objects,
      (SELECT rolconfig FROM pg_roles WHERE rolname = '${login.name}') AS settings`);
    return rows;
  };

  test.each(breakOuts)('is refused: %s', async (statement) => {
    const before = await state();
    expect(await ask(statement)).toMatchObject({ kind: 'refused' });
    expect(await state()).toEqual(before);
  });

  // The tool's DECLARE, its transaction and its protocol are one wall, the login another.
  test('is refused to the login itself, outside any transaction of ours', async () => {
    const client = new Client({ connectionString: login.url });
    client.on('error', () => undefined);
    await client.connect();
    const before = await state();
    await client.query('SET default_transaction_read_only = off');
    // These change nothing, or only what the session itself starts with: ours always says how.
    const harmless =
      /^(COMMIT$|END|ROLLBACK|RESET|SET |LISTEN|NOTIFY|PREPARE|DECLARE|VACUUM|ALTER ROLE CURRENT_USER|--|$)|set_config\('transaction_read_only|SELECT 1; (COMMIT|SELECT|SET)|lo_create|lo_from_bytea/;
    for (const statement of breakOuts.filter((each) => !harmless.test(each))) {
      const out = await client.query(statement).then(
        () => 'done',
        () => 'refused',
      );
      expect([statement, out]).toEqual([statement, 'refused']);
      await client.query('ROLLBACK');
    }
    await client.end();
    expect(await state()).toEqual(before);
  });

  test('finds a read-only transaction and its bounds, whatever the login or the URL starts with', async () => {
    const url = new URL(login.url);
    url.searchParams.set('options', '-c statement_timeout=0 -c search_path=public');
    await owner.query(`ALTER ROLE ${login.name} SET default_transaction_read_only = off`);
    const names = ['transaction_read_only', 'statement_timeout', 'search_path'];
    const statement = `SELECT ${names.map((name) => `current_setting('${name}')`).join(', ')}`;
    const request = { statement, parameters: [], roomBytes: 1_000, signal };
    expect(await openQueryDatabase(url.href, 'shop').query(request)).toMatchObject({
      rows: [['on', '8s', 'shop']],
    });
  });

  test('leaves nothing behind: no notification, lock or setting outlives its statement', async () => {
    const listener = new Client({ connectionString: testing.ownerUrl });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', ({ channel }) => heard.push(channel));
    await listener.query('LISTEN break_out');
    await ask("SELECT pg_notify('break_out', 'x'), pg_advisory_lock(4711)");
    await ask("SELECT set_config('statement_timeout', '0', false)");
    await eventually('the lock is free', async () => {
      const { rows } = await listener.query('SELECT pg_try_advisory_lock(4711) AS free');
      return rows[0].free === true;
    });
    expect(await ask("SELECT current_setting('statement_timeout')")).toMatchObject({
      rows: [['8s']],
    });
    expect(heard).toEqual([]);
    await listener.end();
  });
});
