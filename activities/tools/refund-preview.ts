/** What a refund will do: the order as the shop has it, and what Stripe has given back of it. */
import type Stripe from 'stripe';
import { formatMoney } from '../../contracts/money.js';
import type { Order } from '../../contracts/order.js';
import type { CallPreview, PreviewContext } from '../tool.js';
import { refusedPreview } from './refused-preview.js';
import type { Shop } from './shop.js';

interface Refund {
  readonly orderId: string;
  readonly amountCents: number;
  readonly currency: string;
}

interface Deps {
  readonly stripe: Stripe;
  readonly shop: Shop;
}

/** Looks at order and charge. Rejects where either cannot be asked; `objection` as the tool's own. */
export async function previewRefund(
  { stripe, shop }: Deps,
  refund: Refund,
  { requestTimeoutMs }: PreviewContext,
  objection: (order: Order) => string | null,
): Promise<CallPreview> {
  const { orderId, amountCents, currency } = refund;
  const order = await shop.findOrder(orderId);
  if (order === null) {
    return refusedPreview(`There is no order ${orderId}.`, 'by-person', { order: null });
  }
  const options = { maxNetworkRetries: 0, timeout: requestTimeoutMs };
  const charge = await stripe.charges.retrieve(order.chargeId, {}, options);
  const { status, totalCents, chargeId } = order;
  const refundedCents = charge.amount_refunded;
  const precondition = { status, totalCents, currency: order.currency, chargeId, refundedCents };
  const why = objection(order) ?? findExcess(order, refundedCents, amountCents);
  if (why !== null) return refusedPreview(why, 'by-person', precondition);
  const money = (cents: number): string => formatMoney(cents, currency);
  return {
    preview: {
      sentence:
        `Gives ${money(amountCents)} of order ${orderId} back to the card it was paid with; ` +
        `it came to ${money(totalCents)} and is ${status}.`,
      changes: [
        {
          what: `Refunded of order ${orderId}`,
          before: money(refundedCents),
          after: money(refundedCents + amountCents),
        },
      ],
      reversibility: 'by-person',
      cost: money(amountCents),
    },
    precondition,
  };
}

function findExcess(
  { orderId, totalCents, currency }: Order,
  refundedCents: number,
  amountCents: number,
): string | null {
  const leftCents = totalCents - refundedCents;
  if (amountCents <= leftCents) return null;
  const left = formatMoney(Math.max(0, leftCents), currency);
  return `Of order ${orderId} ${left} is left to refund: ${formatMoney(amountCents, currency)} is more.`;
}
