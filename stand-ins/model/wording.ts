/** Says in sentences what was done, for the person who asked and for the customer. */
import type { Order } from './facts.js';
import type { Standing } from './outcomes.js';

/** 18000 and EUR become "180.00 EUR". */
export const wordMoney = (cents: number, currency: string): string =>
  `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} ${currency}`;

/** "order 42", "orders 42 and 43". */
export const wordOrders = (ids: readonly string[]): string =>
  `${ids.length === 1 ? 'order' : 'orders'} ${joined(ids)}`;

/** The sentence of a final answer about one order. */
export function wordStanding(orderId: string, standing: Standing): string {
  const order = `Order ${orderId}`;
  switch (standing.kind) {
    case 'refunded': {
      const { refund, note } = standing;
      const money = wordMoney(refund.amountCents, refund.currency);
      const pending = refund.status === 'succeeded' ? '' : ` Its status is ${refund.status}.`;
      return `Order ${refund.orderId}: refunded ${money} (${refund.refundId}).${pending} ${note}`;
    }
    case 'not-refunded':
      return `${order}: no refund was made. ${standing.text}`;
    case 'unclear':
      return `${order}: I can't tell whether the refund was made. ${standing.text}`;
    case 'not-found':
      return `${order}: not found, so no refund was made. ${standing.text}`;
    case 'already-refunded':
      return `${order}: it was already refunded (${totalOf(standing.order)}); no refund was made.`;
    case 'only-asked': {
      const { order: found } = standing;
      return `${order}: ${found.status}, ${totalOf(found)}${alreadyPaid(found)}.`;
    }
    case 'too-much': {
      const { order: found, amountCents } = standing;
      const left = wordMoney(found.totalCents - found.refundedCents, found.currency);
      const asked = wordMoney(amountCents, found.currency);
      return `${order}: no refund was made. ${asked} is more than the ${left} that can go back.`;
    }
    case 'other-currency': {
      const { order: found, currency } = standing;
      return `${order}: no refund was made. It was paid in ${found.currency}, not in ${currency}.`;
    }
    case 'nothing-due':
      return `${order}: no refund was made. There is nothing to pay back.`;
    case 'due':
      return `${order}: no refund was made. I can't issue refunds here.`;
  }
}

/** The sentence of a mail about one order: without what people said among themselves. */
export function wordForCustomer(orderId: string, standing: Standing): string {
  switch (standing.kind) {
    case 'refunded': {
      const { refund } = standing;
      const money = wordMoney(refund.amountCents, refund.currency);
      return `We have refunded ${money} for your order ${refund.orderId}.`;
    }
    case 'already-refunded':
      return `Your order ${orderId} was already refunded earlier.`;
    case 'only-asked':
      return `The status of your order ${orderId} is: ${standing.order.status}.`;
    case 'unclear':
      return `We are still looking into the refund for your order ${orderId}.`;
    case 'not-refunded':
    case 'not-found':
    case 'too-much':
    case 'other-currency':
    case 'nothing-due':
    case 'due':
      return `We have not made a refund for your order ${orderId}.`;
  }
}

const totalOf = (order: Order): string => wordMoney(order.totalCents, order.currency);

const alreadyPaid = (order: Order): string =>
  order.refundedCents === 0
    ? ''
    : `, ${wordMoney(order.refundedCents, order.currency)} of it already refunded`;

const joined = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
