/** `lookup_order`: reads one order of the shop. */
import { z } from 'zod';
import type { PlainTool, ToolOutcome } from '../tool.js';
import { findOrder, orderIdArgument } from './find-order.js';
import type { Order } from '../../contracts/order.js';
import type { Shop } from './shop.js';

const args = z.strictObject({ orderId: orderIdArgument });
type Args = z.infer<typeof args>;

/** Builds the tool. It changes nothing, and refuses where the shop has no such order. */
export const createLookupOrder = (deps: { readonly shop: Shop }): PlainTool<Args> => ({
  name: 'lookup_order',
  description:
    'Looks up one order: its status, total, currency, payment, what was refunded before, the ' +
    "customer's address and the shop's note. Amounts are in cents.",
  args,
  effect: 'read',
  retryPolicy: 'quick-read',
  summary: ({ orderId }) => `look up order ${orderId}`,
  async run({ orderId }) {
    const found = await findOrder(deps.shop, orderId);
    return found.kind === 'found' ? show(found.order) : found;
  },
});

/** Field by field: what else the shop keeps of an order is not the model's to read. */
const show = (order: Order): ToolOutcome => ({
  kind: 'done',
  result: {
    orderId: order.orderId,
    status: order.status,
    totalCents: order.totalCents,
    currency: order.currency,
    chargeId: order.chargeId,
    customerEmail: order.customerEmail,
    refundedCents: order.refundedCents,
    items: order.items,
    note: order.note,
  },
  externalRef: null,
});
