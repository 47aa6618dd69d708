/** The charges that exist: money that was once taken and may be given back. */
import type { Refund } from './refund.js';

export interface Charge {
  readonly id: string;
  readonly amount: number;
  /** Lower case, as Stripe writes it. */
  readonly currency: string;
}

const named: Readonly<Record<string, number>> = {
  ch_42: 18_000,
  ch_43: 2_490,
  ch_44: 125_000,
  ch_45: 5_000,
};

/** `ch_1000` to `ch_9999` exist too, each of as many cents as its number. */
const numbered = /^ch_([1-9]\d{3})$/;

/** The charge of an id, or null. */
export function findCharge(id: string): Charge | null {
  const amount = Object.hasOwn(named, id) ? named[id] : Number(numbered.exec(id)?.[1] ?? NaN);
  return amount === undefined || Number.isNaN(amount) ? null : { id, amount, currency: 'eur' };
}

/** The refunds that were made before the journal begins: all of `ch_45`. */
export const earlierRefunds: readonly Refund[] = [
  {
    id: 're_made_before_45',
    object: 'refund',
    amount: 5_000,
    balance_transaction: null,
    charge: 'ch_45',
    created: 1_767_225_600,
    currency: 'eur',
    metadata: {},
    payment_intent: null,
    reason: 'requested_by_customer',
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  },
];
