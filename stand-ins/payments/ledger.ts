/** What was refunded and what was answered under which key: rebuilt from the journal at start. */
import type { Journal } from '../journal.js';
import type { Answer } from './answer.js';
import { earlierRefunds } from './charges.js';
import type { Fault } from './faults.js';
import type { Refund } from './refund.js';

/** An answer kept under an idempotency key, with the digest of the parameters it was given for. */
export interface KeptAnswer extends Answer {
  readonly key: string;
  readonly paramsDigest: string;
}

/** One line of the journal. `kept` is null when the request carried no key. */
export type Entry =
  | {
      readonly kind: 'refund';
      readonly at: string;
      readonly refund: Refund;
      readonly kept: KeptAnswer | null;
    }
  | { readonly kind: 'refusal'; readonly at: string; readonly kept: KeptAnswer }
  /** A failure was given that leaves no answer: it isn't given again for this key. */
  | {
      readonly kind: 'fault';
      readonly at: string;
      readonly fault: Fault;
      readonly key: string | null;
    };

/** Stripe forgets a key after this long. */
const keyRetentionMs = 24 * 60 * 60 * 1_000;

export interface Ledger {
  /** Newest first, those made before the journal included. */
  refunds(): readonly Refund[];
  refundedOf(charge: string): number;
  keptFor(key: string): KeptAnswer | null;
  wasFaulted(key: string, fault: Fault): boolean;
  /** Returns once the entry is on disk; only then is it part of the state. */
  record(entry: Entry): void;
}

/** Opens the ledger over a journal. `now` is in milliseconds since 1970. */
export function openLedger(journal: Journal<Entry>, now: () => number): Ledger {
  const refunds: Refund[] = [...earlierRefunds];
  const kept = new Map<string, { readonly answer: KeptAnswer; readonly at: number }>();
  const faulted = new Set<string>();
  const learn = (entry: Entry): void => {
    if (entry.kind === 'refund') refunds.unshift(entry.refund);
    if (entry.kind === 'fault') faulted.add(`${entry.fault} ${entry.key}`);
    else if (entry.kept !== null)
      kept.set(entry.kept.key, { answer: entry.kept, at: Date.parse(entry.at) });
  };
  journal.entries().forEach(learn);
  return {
    refunds: () => refunds,
    refundedOf: (charge) =>
      refunds
        .filter((refund) => refund.charge === charge)
        .reduce((sum, { amount }) => sum + amount, 0),
    keptFor(key) {
      const found = kept.get(key);
      return found !== undefined && now() - found.at < keyRetentionMs ? found.answer : null;
    },
    wasFaulted: (key, fault) => faulted.has(`${fault} ${key}`),
    record(entry) {
      journal.append(entry);
      learn(entry);
    },
  };
}
