import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSqlQuery } from '../../../activities/tools/sql-query.js';
import { toolResultBytes } from '../../../contracts/limits.js';
import { openQueryDatabase } from '../../../store/query-database.js';
import { openTestDatabase, type TestDatabase } from '../../support/database.js';
import { makeQueryLogin, type QueryLogin } from '../../support/query-login.js';
import { describeTool, toolContext } from '../../support/tool-conformance.js';

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

const tool = () => createSqlQuery(openQueryDatabase(login.url, 'shop'));
const read = { ...toolContext(null), effect: 'read' as const };

describeTool('sql_query', {
  tool,
  orphan: () => createSqlQuery(openQueryDatabase('postgres://a:b@127.0.0.1:9/c', 'shop')),
  args: { statement: 'SELECT note FROM orders WHERE order_id = $1', parameters: ['42'] },
  secrets: ['note', '42'],
});

describe('asking in SQL', () => {
  test('shows columns, rows, and that they are all', async () => {
    const query = { statement: 'SELECT order_id, total_cents FROM orders WHERE order_id = $1' };
    expect(await tool().run({ ...query, parameters: ['42'] }, read)).toEqual({
      kind: 'done',
      externalRef: null,
      result: { columns: ['order_id', 'total_cents'], rows: [['42', 18_000]], truncated: false },
    });
  });

  test('tells which tables there are, and none of Belay’s', async () => {
    const statement =
      'SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema NOT IN ($1, $2)';
    const parameters = ['pg_catalog', 'information_schema'];
    expect(await tool().run({ statement, parameters }, read)).toMatchObject({
      result: { rows: [['orders']] },
    });
  });

  test('gives the model what it can mend', async () => {
    expect(await tool().run({ statement: 'SELEC 1' }, read)).toEqual({
      kind: 'refused',
      message: 'syntax error at or near "SELEC" (at character 1) (SQLSTATE 42601)',
    });
  });

  test.each([
    ["SELECT repeat('x', 5000) FROM generate_series(1, 100)"],
    ['SELECT repeat(chr(1), 3000) FROM generate_series(1, 100)'],
    ["SELECT repeat('x', 10000000)"],
  ])('shows of too much what fits: %s', async (statement) => {
    const outcome = await tool().run({ statement }, read);
    expect(outcome).toMatchObject({
      kind: 'done',
      result: { columns: ['repeat'], truncated: true },
    });
    expect(Buffer.byteLength(JSON.stringify(outcome))).toBeLessThanOrEqual(toolResultBytes);
  });

  test('refuses names of columns that would fill the result', async () => {
    const columns = Array.from({ length: 500 }, (_each, n) => `1 AS "${'c'.repeat(15)}${n}"`);
    const statement = `SELECT ${columns.join(', ')}`.slice(0, 9_999);
    const whole = statement.slice(0, statement.lastIndexOf(','));
    expect(await tool().run({ statement: whole }, read)).toMatchObject({ kind: 'refused' });
  });

  test('is refused where no database is open, and says who opens one', async () => {
    expect(await createSqlQuery(null).run({ statement: 'SELECT 1' }, read)).toEqual({
      kind: 'refused',
      message: 'No database is open for queries: an operator sets SQL_QUERY_DATABASE_URL.',
    });
  });

  test('is refused as a login that may do more', async () => {
    const powerful = createSqlQuery(openQueryDatabase(testing.url, 'shop'));
    expect(await powerful.run({ statement: 'SELECT 1' }, read)).toEqual({
      kind: 'refused',
      message: 'The login of SQL_QUERY_DATABASE_URL may do more than read: it is not used.',
    });
  });

  test('of a run that is cancelled has no outcome', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(tool().run({ statement: 'SELECT 1' }, { ...read, signal })).rejects.toThrow(
      'cancelled',
    );
  });
});
