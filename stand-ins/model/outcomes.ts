/** Decides about each order: what is due, or what came of it and why. */
import { z } from 'zod';
import { blocksOf, type ConversationMessage } from '../../contracts/conversation.js';
import type { Facts, Order, Refund } from './facts.js';
import type { NamedOrder } from './orders.js';
import type { Amount } from './tokens.js';

/** Where an order stands. All but `due` is settled and only needs telling. */
export type Standing =
  | { readonly kind: 'due'; readonly order: Order; readonly amountCents: number }
  | {
      readonly kind: 'refunded';
      readonly refund: Refund;
      readonly note: string;
      /** Where no answer came and a person found that it was made. */
      readonly confirmation: Confirmation | null;
    }
  | { readonly kind: 'not-refunded'; readonly text: string }
  | { readonly kind: 'unclear'; readonly text: string }
  | { readonly kind: 'not-found'; readonly text: string }
  | { readonly kind: 'already-refunded'; readonly order: Order }
  | { readonly kind: 'only-asked'; readonly order: Order }
  | { readonly kind: 'too-much'; readonly order: Order; readonly amountCents: number }
  | { readonly kind: 'other-currency'; readonly order: Order; readonly currency: string }
  | { readonly kind: 'nothing-due'; readonly order: Order };

/** What stands in place of a tool's result when a person has resolved its effect as happened. */
const confirmationSchema = z.object({
  confirmedBy: z.string(),
  message: z.string(),
  externalRef: z.string().nullable(),
});
export type Confirmation = z.infer<typeof confirmationSchema>;

/** Reads a person's word from a result that is not the tool's own; null when it holds none. */
export function confirmationIn(text: string): Confirmation | null {
  try {
    return confirmationSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** What a refund was asked for with. */
const askedSchema = z.object({
  orderId: z.coerce.string(),
  amountCents: z.int(),
  currency: z.string(),
});
type AskedRefund = z.infer<typeof askedSchema>;

/** The refunds that were asked for, by order; of two for one order the last counts. */
export function askedRefunds(
  messages: readonly ConversationMessage[],
): ReadonlyMap<string, AskedRefund> {
  const asked = messages
    .flatMap((message) => [...blocksOf(message)])
    .filter(({ type, name }) => type === 'tool_use' && name === 'issue_refund')
    .flatMap(({ input }) => askedSchema.safeParse(input).data ?? []);
  return new Map(asked.map((refund) => [refund.orderId, refund]));
}

/** Where an order stands that was looked up. */
export function standingOf(
  named: NamedOrder,
  facts: Facts,
  asked: ReadonlyMap<string, AskedRefund>,
  wantsRefund: boolean,
): Standing {
  const attempt = facts.refunds.get(named.orderId);
  if (attempt?.kind === 'done') {
    return { kind: 'refunded', refund: attempt.data, note: attempt.note, confirmation: null };
  }
  if (attempt?.kind === 'not-done') return { kind: 'not-refunded', text: attempt.text };
  if (attempt?.kind === 'unclear') {
    return confirmed(attempt.text, asked.get(named.orderId)) ?? attempt;
  }
  const lookup = facts.lookups.get(named.orderId);
  if (lookup?.kind !== 'done') return { kind: 'not-found', text: lookup?.text ?? '' };
  return wantsRefund
    ? dueOf(lookup.data, named.amount)
    : { kind: 'only-asked', order: lookup.data };
}

/** A person's word says that it was made, and the call what was. */
function confirmed(text: string, asked: AskedRefund | undefined): Standing | null {
  const confirmation = confirmationIn(text);
  if (confirmation === null || asked === undefined) return null;
  const refund = { ...asked, refundId: confirmation.externalRef ?? '', status: 'succeeded' };
  return { kind: 'refunded', refund, note: '', confirmation };
}

function dueOf(order: Order, amount: Amount | null): Standing {
  const remaining = order.totalCents - order.refundedCents;
  if (order.totalCents > 0 && remaining <= 0) return { kind: 'already-refunded', order };
  if (amount?.kind === 'money' && (amount.currency ?? order.currency) !== order.currency) {
    return { kind: 'other-currency', order, currency: amount.currency ?? '' };
  }
  const amountCents = amount === null ? remaining : centsOf(amount, order.totalCents);
  if (amountCents <= 0) return { kind: 'nothing-due', order };
  if (amountCents > remaining) return { kind: 'too-much', order, amountCents };
  return { kind: 'due', order, amountCents };
}

/** A fraction is one of the order's total, rounded down to a whole cent. */
const centsOf = (amount: Amount, totalCents: number): number =>
  amount.kind === 'money' ? amount.cents : Math.floor((totalCents * amount.parts) / amount.of);
