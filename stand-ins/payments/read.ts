/** The reads: charges with what was refunded of them, refunds one by one and in lists. */
import { refusals, type Answer } from './answer.js';
import { findCharge } from './charges.js';
import type { Ledger } from './ledger.js';

const found = (body: unknown): Answer => ({ status: 200, body });

/** `GET /v1/charges/:id` */
export function readCharge(ledger: Ledger, id: string): Answer {
  const charge = findCharge(id);
  if (charge === null) return refusals.unknownObject('charge', id, 'id');
  const refunded = ledger.refundedOf(id);
  return found({
    id,
    object: 'charge',
    amount: charge.amount,
    amount_captured: charge.amount,
    amount_refunded: refunded,
    captured: true,
    currency: charge.currency,
    paid: true,
    refunded: refunded === charge.amount,
    status: 'succeeded',
  });
}

/** `GET /v1/refunds/:id` */
export function readRefund(ledger: Ledger, id: string): Answer {
  const refund = ledger.refunds().find((candidate) => candidate.id === id);
  return refund === undefined ? refusals.unknownObject('refund', id, 'id') : found(refund);
}

/** `GET /v1/refunds?charge=&limit=&starting_after=`: newest first, in Stripe's pages. */
export function listRefunds(ledger: Ledger, query: URLSearchParams): Answer {
  const unknown = [...query.keys()].find((name) => !listParameters.has(name));
  if (unknown !== undefined) return refusals.unknownParam(unknown);
  const limit = Number(query.get('limit') ?? 10);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return refusals.invalidLimit();
  const charge = query.get('charge');
  const all = ledger.refunds().filter((refund) => charge === null || refund.charge === charge);
  const after = query.get('starting_after');
  const start = after === null ? 0 : all.findIndex((refund) => refund.id === after) + 1;
  if (after !== null && start === 0)
    return refusals.unknownObject('refund', after, 'starting_after');
  const data = all.slice(start, start + limit);
  const hasMore = start + limit < all.length;
  return found({ object: 'list', data, has_more: hasMore, url: '/v1/refunds' });
}

const listParameters: ReadonlySet<string> = new Set(['charge', 'limit', 'starting_after']);
