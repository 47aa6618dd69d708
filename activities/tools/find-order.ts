/** How the tools of the shop name an order and find it. */
import { z } from 'zod';
import type { ToolOutcome } from '../tool.js';
import type { Order } from '../../contracts/order.js';
import type { Shop } from './shop.js';

/** The argument by which every tool of the shop names an order. */
export const orderIdArgument = z
  .string()
  .regex(/^[A-Za-z0-9-]{1,32}$/)
  .describe('The number of the order, such as "42".');

export type FoundOrder =
  | { readonly kind: 'found'; readonly order: Order }
  | Exclude<ToolOutcome, { kind: 'done' }>;

/** Finds an order; where there is none, or the shop cannot be asked, that is the tool's outcome. */
export async function findOrder(shop: Shop, orderId: string): Promise<FoundOrder> {
  const order = await shop.findOrder(orderId).catch(() => 'unreachable' as const);
  if (order === 'unreachable') return { kind: 'not-sent', code: 'tool-unreachable' };
  if (order === null) return { kind: 'refused', message: `There is no order ${orderId}.` };
  return { kind: 'found', order };
}
