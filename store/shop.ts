/** The demo shop's orders, in the schema `shop` of our Postgres. */
import type { Order } from '../contracts/order.js';
import type { Database } from './database.js';

/** The shop as the tools know it. */
export const createShop = (database: Database) => ({
  /** The order, or null when there is none. Rejects only when Postgres cannot be asked. */
  async findOrder(orderId: string): Promise<Order | null> {
    const { rows } = await database.pool.query<Order>(
      `SELECT order_id AS "orderId", status, total_cents AS "totalCents", currency, items, note,
         charge_id AS "chargeId", customer_email AS "customerEmail",
         refunded_cents AS "refundedCents"
       FROM shop.orders WHERE order_id = $1`,
      [orderId],
    );
    return rows[0] ?? null;
  },
});
