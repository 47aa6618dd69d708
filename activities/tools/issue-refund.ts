/** `issue_refund`: gives money of one order back, through Stripe, under the key of the effect. */
import type Stripe from 'stripe';
import { z } from 'zod';
import { formatMoney } from '../../contracts/money.js';
import type { KeyedTool, ToolContext, ToolOutcome } from '../tool.js';
import { requireEffectKey } from './effect-key.js';
import { findOrder, orderIdArgument } from './find-order.js';
import { previewRefund } from './refund-preview.js';
import { fieldOf } from './result-field.js';
import type { Order } from '../../contracts/order.js';
import type { Shop } from './shop.js';
import { outcomeOfStripeError } from './stripe-errors.js';

/** Stripe remembers a key for at least this long: https://docs.stripe.com/api/idempotent_requests */
const keyRetentionMs = 24 * 60 * 60 * 1_000;
/** A second refund of one order, of the same amount, within this long is asked about. */
const repeatWithinMs = 24 * 60 * 60 * 1_000;
/** Stripe takes no larger amount: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const largestAmountCents = 99_999_999;
/** Stripe takes 500 characters for a value of `metadata`. */
const reasonCharacters = 400;

const args = z.strictObject({
  orderId: orderIdArgument,
  amountCents: z
    .int()
    .min(1)
    .max(largestAmountCents)
    .describe('What to give back, in cents: 2490 is 24.90.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('The currency of the order, such as "EUR".'),
  reason: z
    .string()
    .min(1)
    .max(reasonCharacters)
    .describe('Why, in a few words; kept with the refund.'),
});
type Args = z.infer<typeof args>;

interface Deps {
  readonly stripe: Stripe;
  readonly shop: Shop;
}

/**
 * Builds the tool. One effect key moves money once, however often it is sent while Stripe
 * remembers it; what cannot be right is refused before anything is sent.
 */
export const createIssueRefund = (deps: Deps): KeyedTool<Args> => ({
  name: 'issue_refund',
  description:
    'Refunds an order to the card it was paid with, in whole or in part. It moves money and ' +
    'cannot be taken back.',
  args,
  effect: 'keyed',
  retryPolicy: 'payment',
  keyRetentionMs,
  summary: ({ amountCents, currency, orderId }) =>
    `refund ${formatMoney(amountCents, currency)} for order ${orderId}`,
  // Whoever asks, in whatever run. Two equal parts of one order may be meant, so people say.
  businessKey: {
    of: ({ orderId, amountCents, currency }) => `${orderId} ${amountCents} ${currency}`,
    scope: 'tenant',
    withinMs: repeatWithinMs,
    onRepeat: 'ask',
  },
  undo: {
    by: 'person',
    advice: ({ orderId, amountCents, currency }, result) =>
      `Refund ${fieldOf(result, 'refundId', 'externalRef')} gave ${formatMoney(amountCents, currency)} ` +
      `for order ${orderId} back and can't be called back: ask the customer to pay it again.`,
  },
  preview: (refund, context) =>
    previewRefund(deps, refund, context, (order) => findObjection(refund, order)),
  async run(refund, context) {
    const found = await findOrder(deps.shop, refund.orderId);
    if (found.kind !== 'found') return found;
    const objection = findObjection(refund, found.order);
    if (objection !== null) return { kind: 'refused', message: objection };
    return send(deps.stripe, refund, found.order.chargeId, context);
  },
});

function findObjection(refund: Args, order: Order): string | null {
  if (refund.currency !== order.currency)
    return `Order ${order.orderId} was paid in ${order.currency}, not in ${refund.currency}.`;
  if (refund.amountCents > order.totalCents) {
    const total = formatMoney(order.totalCents, order.currency);
    const asked = formatMoney(refund.amountCents, refund.currency);
    return `Order ${order.orderId} came to ${total}: ${asked} is more than that.`;
  }
  return null;
}

async function send(
  stripe: Stripe,
  { orderId, amountCents, reason }: Args,
  charge: string,
  context: ToolContext,
): Promise<ToolOutcome> {
  const effectKey = requireEffectKey(context);
  if (!context.isTimeToSend()) return { kind: 'not-sent', code: 'effect-in-flight' };
  try {
    const refund = await stripe.refunds.create(
      {
        charge,
        amount: amountCents,
        metadata: { orderId, effectKey, reason },
        reason: 'requested_by_customer',
      },
      { idempotencyKey: effectKey, maxNetworkRetries: 0, timeout: context.requestTimeoutMs },
    );
    const result = {
      refundId: refund.id,
      orderId,
      amountCents: refund.amount,
      currency: refund.currency.toUpperCase(),
      status: refund.status,
    };
    return { kind: 'done', result, externalRef: refund.id };
  } catch (error) {
    return outcomeOfStripeError(error);
  }
}
