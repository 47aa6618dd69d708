/** The port of the shop whose orders the refund desk settles. */
import type { Order } from '../../contracts/order.js';

export interface Shop {
  /** The order, or null when there is none. Rejects only when the shop cannot be asked. */
  findOrder(orderId: string): Promise<Order | null>;
}
