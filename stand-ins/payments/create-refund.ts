/** `POST /v1/refunds`: keys first, then parameters, then money; on disk before it is answered. */
import { createHash } from 'node:crypto';
import { refusals, type Answer } from './answer.js';
import { findCharge, type Charge } from './charges.js';
import { requestedFault } from './faults.js';
import type { KeptAnswer, Ledger } from './ledger.js';
import { parseRefundParameters, type RefundParameters } from './parameters.js';
import { newRefund } from './refund.js';

export interface Reply extends Answer {
  /** The answer is an earlier one, kept under this key. */
  readonly replayed: boolean;
  /** It was done, but the connection breaks before the answer is sent. */
  readonly lost: boolean;
}

export interface RefundDesk {
  /** `key` is the idempotency key, or null. */
  create(key: string | null, body: string): Promise<Reply>;
}

interface Deps {
  readonly ledger: Ledger;
  readonly now: () => number;
  /** What `[payments-slow]` waits for. */
  readonly pause: () => Promise<void>;
}

const maximumKeyCharacters = 255;

/** Builds the desk. Requests of one key that overlap are refused, as Stripe refuses them. */
export function createRefundDesk(deps: Deps): RefundDesk {
  const inFlight = new Set<string>();
  return {
    async create(key, body) {
      if (key === null) return perform(deps, null, body);
      if (key === '' || key.length > maximumKeyCharacters) return reply(refusals.invalidKey());
      if (inFlight.has(key)) return reply(refusals.inFlight());
      const kept = deps.ledger.keptFor(key);
      if (kept !== null) return replay(kept, body);
      inFlight.add(key);
      try {
        return await perform(deps, key, body);
      } finally {
        inFlight.delete(key);
      }
    },
  };
}

const reply = (answer: Answer): Reply => ({ ...answer, replayed: false, lost: false });

const replay = (kept: KeptAnswer, body: string): Reply =>
  kept.paramsDigest === digestOfForm(body)
    ? { status: kept.status, body: kept.body, replayed: true, lost: false }
    : reply(refusals.otherParameters(kept.key));

async function perform(deps: Deps, key: string | null, body: string): Promise<Reply> {
  const parameters = parseRefundParameters(new URLSearchParams(body));
  // What fails validation never began, so nothing is kept under its key.
  if ('status' in parameters) return reply(parameters);
  const charge = findCharge(parameters.charge);
  if (charge === null) return reply(refusals.unknownObject('charge', parameters.charge, 'charge'));
  const fault = requestedFault(parameters.metadata);
  if (fault === 'slow') await deps.pause();
  if (fault === '500' && !(key !== null && deps.ledger.wasFaulted(key, fault))) {
    deps.ledger.record({ kind: 'fault', at: at(deps), fault, key });
    return reply(refusals.serverError());
  }
  return settle(deps, key, digestOfForm(body), parameters, charge);
}

function settle(
  deps: Deps,
  key: string | null,
  paramsDigest: string,
  parameters: RefundParameters,
  charge: Charge,
): Reply {
  const keep = (answer: Answer) => (key === null ? null : { ...answer, key, paramsDigest });
  const left = charge.amount - deps.ledger.refundedOf(charge.id);
  const amount = parameters.amount ?? left;
  const refusal = findRefusal(charge, amount, left);
  if (refusal !== null) {
    const kept = keep(refusal);
    if (kept !== null) deps.ledger.record({ kind: 'refusal', at: at(deps), kept });
    return reply(refusal);
  }
  const created = Math.floor(deps.now() / 1_000);
  const { metadata, reason } = parameters;
  const { id, currency } = charge;
  const refund = newRefund({ amount, charge: id, created, currency, metadata, reason });
  const fault = requestedFault(metadata);
  const answer = fault === '500-after' ? refusals.serverError() : { status: 200, body: refund };
  deps.ledger.record({ kind: 'refund', at: at(deps), refund, kept: keep(answer) });
  return { ...reply(answer), lost: fault === 'lost-reply' };
}

function findRefusal(charge: Charge, amount: number, left: number): Answer | null {
  if (left <= 0) return refusals.alreadyRefunded(charge.id);
  return amount > left ? refusals.tooMuch(amount, left) : null;
}

const at = (deps: Deps): string => new Date(deps.now()).toISOString();

/** Parameters are the same whatever their order. */
function digestOfForm(body: string): string {
  const form = new URLSearchParams(body);
  form.sort();
  return createHash('sha256').update(form.toString()).digest('hex');
}
