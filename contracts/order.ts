/** An order of the demo shop, as the refund desk looks it up. */

/** Every status that the shop knows; `prisma/shop.sql` holds its table to them. */
export const orderStatuses = [
  'processing',
  'shipped',
  'delivered',
  'returned',
  'refunded',
  'cancelled',
] as const;

export interface Order {
  readonly orderId: string;
  /** As the shop says it: `delivered`, `refunded` … */
  readonly status: string;
  readonly totalCents: number;
  /** ISO 4217, upper case. */
  readonly currency: string;
  /** The payment of this order with the payment service. */
  readonly chargeId: string;
  readonly customerEmail: string;
  /** What the shop knows to have been refunded before. */
  readonly refundedCents: number;
  readonly items: readonly string[];
  /** What the shop noted about the order; empty when nothing. */
  readonly note: string;
}
