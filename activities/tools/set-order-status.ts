/** `set_order_status`: changes an order of the shop, in the transaction that records it. */
import { z } from 'zod';
import { orderStatuses } from '../../contracts/order.js';
import type { CallPreview, ToolOutcome, TransactionalTool, TransactionSql } from '../tool.js';
import { orderIdArgument } from './find-order.js';
import { refusedPreview } from './refused-preview.js';
import type { Shop } from './shop.js';

const status = z.enum(orderStatuses);
const args = z.strictObject({
  orderId: orderIdArgument,
  status: status.describe('What the order is from now on.'),
  onlyFrom: status
    .optional()
    .describe('Change it only where this is its status now. Leave it out for any.'),
});
type Args = z.infer<typeof args>;

/** What the model reads; the previous status is what an undo goes back to. */
const resultSchema = z.object({ orderId: z.string(), status, previousStatus: status });

/** Builds the tool. The order and our record of the change are written together or not at all. */
export const createSetOrderStatus = (deps: { readonly shop: Shop }): TransactionalTool<Args> => ({
  name: 'set_order_status',
  description:
    'Sets the status of one order in the shop, such as "returned". It moves no money and tells ' +
    'nobody. The result holds the status before.',
  args,
  effect: 'transactional',
  retryPolicy: 'database',
  summary: ({ orderId, status: next }) => `mark order ${orderId} as ${next}`,
  undo: { by: 'tool', tool: 'set_order_status', args: (_args, result) => undoOf(result) },
  preview: (change) => preview(deps.shop, change),
  runInTransaction: (change, sql) => setStatus(change, sql),
});

/** Locked and read before it is written: the previous status is the one that was replaced. */
const updateSql = `
  WITH before AS (
    SELECT order_id, status FROM shop.orders WHERE order_id = $1 FOR UPDATE
  )
  UPDATE shop.orders SET status = $2 FROM before
  WHERE orders.order_id = before.order_id AND ($3::text IS NULL OR before.status = $3)
  RETURNING before.status AS "previousStatus"`;
const readSql = 'SELECT status FROM shop.orders WHERE order_id = $1';

async function setStatus(
  { orderId, status: next, onlyFrom }: Args,
  sql: TransactionSql,
): Promise<ToolOutcome> {
  const [changed] = await sql(updateSql, [orderId, next, onlyFrom ?? null]);
  if (changed !== undefined) {
    const result = { orderId, status: next, previousStatus: changed['previousStatus'] };
    return { kind: 'done', result, externalRef: null };
  }
  const [order] = await sql(readSql, [orderId]);
  if (order === undefined) return { kind: 'refused', message: `There is no order ${orderId}.` };
  return {
    kind: 'refused',
    message: `${notAsExpected(orderId, String(order['status']), onlyFrom)}: nothing was changed.`,
  };
}

const notAsExpected = (orderId: string, is: string, expected: string | undefined): string =>
  `Order ${orderId} is ${is}, not ${expected}`;

async function preview(
  shop: Shop,
  { orderId, status: next, onlyFrom }: Args,
): Promise<CallPreview> {
  const order = await shop.findOrder(orderId);
  const precondition = { status: order?.status ?? null };
  if (order === null) {
    return refusedPreview(`There is no order ${orderId}.`, 'by-tool', precondition);
  }
  const { status: before } = order;
  if (onlyFrom !== undefined && before !== onlyFrom) {
    return refusedPreview(`${notAsExpected(orderId, before, onlyFrom)}.`, 'by-tool', precondition);
  }
  const sentence =
    before === next
      ? `Changes nothing: order ${orderId} is ${next} already.`
      : `Marks order ${orderId}, which is ${before}, as ${next}.`;
  const changes = [{ what: `Status of order ${orderId}`, before, after: next }];
  return {
    preview: { sentence, changes, reversibility: 'by-tool', cost: null },
    precondition,
  };
}

/** Back to what it was, unless it was that already, or somebody has changed it again since. */
function undoOf(result: unknown): Args | null {
  const { data } = resultSchema.safeParse(result);
  if (data === undefined || data.previousStatus === data.status) return null;
  return { orderId: data.orderId, status: data.previousStatus, onlyFrom: data.status };
}
