/** The demo shop's orders, in memory. */
import type { Order } from '../../contracts/order.js';
import type { Shop } from '../../activities/tools/shop.js';

const order = (orderId: string, totalCents: number): Order => ({
  orderId,
  status: 'delivered',
  totalCents,
  currency: 'EUR',
  chargeId: `ch_${orderId}`,
  customerEmail: `customer-${orderId}@example.com`,
  refundedCents: 0,
  items: ['kettle'],
  note: '',
});

const orders = [order('42', 18_000), order('43', 2_490), order('44', 125_000), order('45', 5_000)];

/** Knows 42 to 45, and 1000 to 9999 of as many cents. */
export const demoShop: Shop = {
  async findOrder(orderId) {
    const numbered = /^[1-9]\d{3}$/.test(orderId) ? order(orderId, Number(orderId)) : null;
    return orders.find((candidate) => candidate.orderId === orderId) ?? numbered;
  },
};

/** A shop that cannot be asked. */
export const closedShop: Shop = {
  findOrder: async () => {
    throw new Error('The shop is closed');
  },
};
