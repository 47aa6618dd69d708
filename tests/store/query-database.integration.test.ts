/** A SELECT of somebody else's writing: bounded, read only, and unable to get out of either. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
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
    ['in one row', "SELECT repeat('x', 100000000), repeat('y', 100000000)"],
    ['in one value', "SELECT repeat('x', 150000000)"],
  ])('%s is cut, and is never held', async (_how, statement) => {
    const { answer, bytes } = await grown(statement);
    expect(answer).toMatchObject({ kind: 'rows', truncated: true });
    if (answer.kind === 'rows') expect(JSON.stringify(answer.rows).length).toBeLessThan(25_000);
    expect(bytes).toBeLessThan(64 * 1024 * 1024);
    expect(await ask('SELECT 1')).toMatchObject({ rows: [[1]] });
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
