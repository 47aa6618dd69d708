import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSetOrderStatus } from '../../../activities/tools/set-order-status.js';
import type { ToolOutcome } from '../../../activities/tool.js';
import type { Shop } from '../../../activities/tools/shop.js';
import { createShop } from '../../../store/shop.js';
import { closedShop } from '../../support/demo-shop.js';
import { openTestDatabase, type TestDatabase } from '../../support/database.js';
import { toolContext } from '../../support/tool-context.js';
import { describeTransactionalTool, sqlOf } from '../../support/transactional-tool.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const toolIn = (shop: Shop) => createSetOrderStatus({ shop });
const tool = toolIn({ findOrder: (orderId) => createShop(database.database).findOrder(orderId) });
const args = { orderId: '1000', status: 'returned' as const };
const statusOf = async (orderId: string): Promise<unknown> => {
  const sql = 'SELECT status FROM shop.orders WHERE order_id = $1';
  const { rows } = await database.database.pool.query<{ status: string }>(sql, [orderId]);
  return rows[0]?.status;
};

describeTransactionalTool('set_order_status', {
  tool: () => tool,
  args,
  secrets: [],
  orphan: () => toolIn(closedShop),
  alike: { orderId: '1000', status: 'cancelled' },
  refused: { orderId: '1001', status: 'returned', onlyFrom: 'shipped' },
  database: () => database,
  stateOf: ({ orderId }) => statusOf(orderId),
});

describe('setting the status of an order', () => {
  const set = (
    orderId: string,
    status: 'returned' | 'delivered' | 'refunded',
    onlyFrom?: 'returned',
  ) =>
    sqlOf(database, (sql) =>
      tool.runInTransaction({ orderId, status, ...(onlyFrom && { onlyFrom }) }, sql),
    );
  const undoOf = (outcome: ToolOutcome) =>
    tool.undo?.by === 'tool' && outcome.kind === 'done'
      ? tool.undo.args({ ...args, orderId: '1002' }, outcome.result)
      : undefined;

  test('says what it was before, and is undone by going back there', async () => {
    const outcome = await set('1002', 'returned');
    const result = { orderId: '1002', status: 'returned', previousStatus: 'delivered' };
    expect(outcome).toEqual({ kind: 'done', result, externalRef: null });
    expect(await statusOf('1002')).toBe('returned');
    const back = tool.args.parse(undoOf(outcome));
    expect(back).toEqual({ orderId: '1002', status: 'delivered', onlyFrom: 'returned' });
    await sqlOf(database, (sql) => tool.runInTransaction(back, sql));
    expect(await statusOf('1002')).toBe('delivered');
    // Done twice, an undo does not overwrite what somebody did in between.
    expect(await sqlOf(database, (sql) => tool.runInTransaction(back, sql))).toEqual({
      kind: 'refused',
      message: 'Order 1002 is delivered, not returned: nothing was changed.',
    });
  });

  test('has the shop note since when an order is refunded, and no more once it is not', async () => {
    const sql = `SELECT refunded_on = current_date AS "isToday" FROM shop.orders WHERE order_id = $1`;
    const noted = async () => (await database.database.pool.query(sql, ['1004'])).rows;
    await set('1004', 'refunded');
    expect(await noted()).toEqual([{ isToday: true }]);
    await set('1004', 'delivered');
    expect(await noted()).toEqual([{ isToday: null }]);
  });

  test('leaves nothing to undo where nothing changed, or where nobody knows what did', async () => {
    expect(undoOf(await set('1003', 'delivered'))).toBeNull();
    expect(undoOf({ kind: 'done', result: { confirmedBy: 'ana' }, externalRef: null })).toBeNull();
  });

  test.each([
    [{}, 'Marks order 1010, which is delivered, as returned.'],
    [{ status: 'delivered' as const }, 'Changes nothing: order 1010 is delivered already.'],
    [{ onlyFrom: 'shipped' as const }, 'It will be refused: Order 1010 is delivered, not shipped.'],
    [{ orderId: '77' }, 'It will be refused: There is no order 77.'],
  ])('says beforehand what it will do: %o', async (change, sentence) => {
    const seen = await tool.preview?.({ ...args, orderId: '1010', ...change }, toolContext());
    expect(seen?.preview).toMatchObject({ sentence, reversibility: 'by-tool', cost: null });
  });

  test('says what the status is before and after, and rests on the one before', async () => {
    const look = () => tool.preview?.({ ...args, orderId: '1011' }, toolContext());
    const seen = await look();
    const change = { what: 'Status of order 1011', before: 'delivered', after: 'returned' };
    expect(seen?.preview.changes).toEqual([change]);
    await set('1011', 'returned');
    expect((await look())?.precondition).not.toEqual(seen?.precondition);
  });

  test('refuses an order that is not there', async () => {
    expect(await set('77', 'returned')).toEqual({
      kind: 'refused',
      message: 'There is no order 77.',
    });
  });

  test('of two at once, the second one sees what the first one left', async () => {
    const outcomes = await Promise.all([set('1004', 'returned'), set('1004', 'returned')]);
    const before = outcomes.map((outcome) =>
      outcome.kind === 'done' ? (outcome.result as { previousStatus: string }).previousStatus : '',
    );
    expect(before.toSorted()).toEqual(['delivered', 'returned']);
  });

  test.each([
    ["UPDATE shop.orders SET refunded_cents = 1 WHERE order_id = '42'"],
    ["DELETE FROM shop.orders WHERE order_id = '42'"],
    ["INSERT INTO shop.orders SELECT * FROM shop.orders WHERE order_id = '42'"],
  ])('is all that our login may do to the shop: not %s', async (statement) => {
    await expect(database.database.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
  });

  test('a status that the shop does not know is taken by neither', async () => {
    expect(tool.args.safeParse({ ...args, status: 'lost' }).success).toBe(false);
    const statement = "UPDATE shop.orders SET status = 'lost' WHERE order_id = '42'";
    await expect(database.database.pool.query(statement)).rejects.toMatchObject({ code: '23514' });
  });
});
