/** The parameters of a new refund, form-encoded as Stripe takes them. */
import { refusals, type Answer } from './answer.js';

export interface RefundParameters {
  readonly charge: string;
  /** Null for all that is left. */
  readonly amount: number | null;
  readonly reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

const reasons = ['duplicate', 'fraudulent', 'requested_by_customer'];
const metadataKey = /^metadata\[([^[\]]{1,40})\]$/;
const metadataCharacters = 500;

/** Reads them strictly: what Stripe would refuse is the refusal. */
export function parseRefundParameters(form: URLSearchParams): RefundParameters | Answer {
  const metadata: Record<string, string> = {};
  for (const [name, value] of form) {
    if (name === 'charge' || name === 'amount' || name === 'reason') continue;
    const key = metadataKey.exec(name)?.[1];
    if (key === undefined) return refusals.unknownParam(name);
    if (value.length > metadataCharacters) return refusals.tooLong(name);
    metadata[key] = value;
  }
  const charge = form.get('charge');
  if (!charge) return refusals.missing('charge');
  const amount = form.get('amount');
  if (amount !== null && !/^[1-9]\d{0,7}$/.test(amount))
    return refusals.notAnInteger('amount', amount);
  const reason = form.get('reason');
  if (reason !== null && !reasons.includes(reason))
    return refusals.invalidChoice('reason', reasons);
  return { charge, amount: amount === null ? null : Number(amount), reason, metadata };
}
