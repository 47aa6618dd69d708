/** A SELECT of somebody else's writing: bounded, read only, and unable to get out of either. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { sqlResultLimits } from '../../contracts/limits.js';
import { openQueryDatabase, type QueryAnswer } from '../../store/query-database.js';
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

const neverAborted = new AbortController().signal;
const ask = (
  statement: string,
  { parameters = [] as (string | number | boolean | null)[], signal = neverAborted } = {},
): Promise<QueryAnswer> =>
  openQueryDatabase(login.url, 'shop').query({ statement, parameters, roomBytes: 24_000, signal });

describe('a SELECT', () => {
  test('finds the tables of its schema without naming it, and takes parameters', async () => {
    expect(
      await ask(
        'SELECT order_id, total_cents FROM orders WHERE order_id = $1 OR total_cents = $2',
        {
          parameters: ['42', 2490],
        },
      ),
    ).toEqual({
      kind: 'rows',
      columns: ['order_id', 'total_cents'],
      rows: [
        ['42', 18_000],
        ['43', 2_490],
        ['2490', 2_490],
      ],
      truncated: false,
    });
  });

  test('keeps columns of one name apart, and gives each value as JSON can hold it', async () => {
    expect(
      await ask(
        `SELECT 1 AS a, 2 AS a, 9007199254740993::int8, 1.10::numeric, 'NaN'::float8, true AS yes, NULL,
           '{"deep": [1]}'::jsonb, 'é'::text, '2026-11-21T10:00:00Z'::timestamptz AT TIME ZONE 'UTC'`,
      ),
    ).toMatchObject({
      columns: [
        'a',
        'a',
        'int8',
        'numeric',
        'float8',
        'yes',
        '?column?',
        'jsonb',
        'text',
        'timezone',
      ],
      rows: [
        [
          1,
          2,
          '9007199254740993',
          '1.10',
          'NaN',
          true,
          null,
          '{"deep": [1]}',
          'é',
          '2026-11-21 10:00:00',
        ],
      ],
    });
  });

  test('without rows has its columns, and one of nothing is still an answer', async () => {
    expect(await ask('SELECT order_id FROM orders WHERE false')).toEqual({
      kind: 'rows',
      columns: ['order_id'],
      rows: [],
      truncated: false,
    });
    expect(await ask('WITH a AS (VALUES (1), (2)) TABLE a')).toMatchObject({ rows: [[1], [2]] });
  });

  test('that is wrong gets Postgres’s own words, with the place in its own text', async () => {
    expect(await ask('SELECT price FROM orders')).toEqual({
      kind: 'refused',
      sqlState: '42703',
      message: 'column "price" does not exist (at character 8)',
    });
  });

  test('of many rows ends at the bound and says so', async () => {
    const answer = await ask('SELECT n FROM generate_series(1, 100000) AS n');
    expect(answer).toMatchObject({ kind: 'rows', truncated: true });
    if (answer.kind === 'rows') expect(answer.rows).toHaveLength(sqlResultLimits.rows);
    const whole = await ask(`SELECT n FROM generate_series(1, ${sqlResultLimits.rows}) AS n`);
    expect(whole).toMatchObject({ truncated: false });
  });

  test('that goes on for too long is ended by Postgres', async () => {
    expect(await ask('SELECT pg_sleep(60)')).toMatchObject({ kind: 'refused', sqlState: '57014' });
  }, 20_000);

  test('of a run that is cancelled is ended in Postgres too', async () => {
    const cancel = new AbortController();
    const asking = ask('SELECT pg_sleep(60) /* cancelled */', { signal: cancel.signal });
    const sleeping = () =>
      login.asOwner(`SELECT 1 FROM pg_stat_activity WHERE query ~ 'FETCH' AND usename = '${login.name}'
        AND wait_event = 'PgSleep'`);
    await eventually('it sleeps', async () => (await sleeping()).length === 1);
    cancel.abort();
    expect(await asking).toEqual({ kind: 'unavailable' });
    await eventually('it is gone', async () => (await sleeping()).length === 0);
  });
});

describe('a result that is far too large', () => {
  const grown = async (statement: string): Promise<{ answer: QueryAnswer; bytes: number }> => {
    const before = process.memoryUsage.rss();
    let highest = before;
    const watching = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, 5);
    const answer = await ask(statement);
    clearInterval(watching);
    return { answer, bytes: Math.max(highest, process.memoryUsage.rss()) - before };
  };

  test.each([
    [
      'of 10 GB in rows of a megabyte',
      "SELECT repeat('x', 1e6::int) FROM generate_series(1, 10000)",
    ],
    [
      'of 10 GB in rows of a kilobyte',
      "SELECT repeat('x', 1000) FROM generate_series(1, 10000) a, generate_series(1, 1000) b",
    ],
    ['in one row', "SELECT repeat('x', 200000000), repeat('y', 200000000)"],
    ['in one value', "SELECT repeat('x', 400000000)"],
  ])('%s is cut, and is never held', async (_how, statement) => {
    const { answer, bytes } = await grown(statement);
    expect(answer).toMatchObject({ kind: 'rows', truncated: true });
    if (answer.kind === 'rows') expect(JSON.stringify(answer.rows).length).toBeLessThan(25_000);
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
    expect(await ask('SELECT 1')).toMatchObject({ rows: [[1]] });
  });
});

/** What would get out, if it could. */
const breakOuts = [
  'SELECT 1; COMMIT',
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
      /^(COMMIT$|END|ROLLBACK|RESET|SET |LISTEN|NOTIFY|PREPARE|DECLARE|VACUUM|ALTER ROLE CURRENT_USER|--|$)|set_config\('transaction_read_only|SELECT 1; COMMIT|lo_create|lo_from_bytea/;
    for (const statement of breakOuts.filter((each) => !harmless.test(each))) {
      const out = await client.query(statement).then(
        () => 'done',
        (error: Error) => (/out$/.test(error.message) ? error.message : 'refused'),
      );
      expect([statement, out]).toEqual([statement, 'refused']);
      await client.query('ROLLBACK');
    }
    await client.end();
    expect(await state()).toEqual(before);
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

describe('a login that may do more than read', () => {
  const askAs = (url: string) =>
    openQueryDatabase(url, 'shop').query({
      statement: 'SELECT 1',
      parameters: [],
      roomBytes: 1_000,
      signal: neverAborted,
    });

  test('is not used: neither the owner nor that of gateway and worker', async () => {
    expect(await askAs(testing.ownerUrl)).toEqual({ kind: 'too-powerful' });
    expect(await askAs(testing.url)).toEqual({ kind: 'too-powerful' });
  });

  test('is not used once it was given another role', async () => {
    await login.asOwner(`GRANT pg_read_server_files TO ${login.name}`);
    expect(await ask('SELECT 1')).toEqual({ kind: 'too-powerful' });
    await login.asOwner(`REVOKE pg_read_server_files FROM ${login.name}`);
    expect(await ask('SELECT 1')).toMatchObject({ kind: 'rows' });
  });
});

test('where nobody is there, or nobody lets us in, the answer may come later', async () => {
  const elsewhere = new URL(login.url);
  elsewhere.port = '9';
  const locked = new URL(login.url);
  locked.password = 'another';
  for (const { href } of [elsewhere, locked]) {
    expect(
      await openQueryDatabase(href, 'shop').query({
        statement: 'SELECT 1',
        parameters: [],
        roomBytes: 1_000,
        signal: neverAborted,
      }),
    ).toEqual({ kind: 'unavailable' });
  }
});
