/** A refund as Stripe writes it: https://docs.stripe.com/api/refunds/object */
import { randomBytes } from 'node:crypto';

export interface Refund {
  readonly id: string;
  readonly object: 'refund';
  readonly amount: number;
  readonly balance_transaction: null;
  readonly charge: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly payment_intent: null;
  readonly reason: string | null;
  readonly receipt_number: null;
  readonly source_transfer_reversal: null;
  readonly status: 'succeeded';
  readonly transfer_reversal: null;
}

export type RefundFacts = Pick<
  Refund,
  'amount' | 'charge' | 'created' | 'currency' | 'metadata' | 'reason'
>;

/** A refund with an id of its own. */
export const newRefund = (facts: RefundFacts): Refund => ({
  id: `re_${randomBytes(12).toString('hex')}`,
  object: 'refund',
  balance_transaction: null,
  payment_intent: null,
  receipt_number: null,
  source_transfer_reversal: null,
  status: 'succeeded',
  transfer_reversal: null,
  ...facts,
});
