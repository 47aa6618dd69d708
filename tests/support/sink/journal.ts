/** What the effect sink writes down, on disk before it answers: the truth that tests judge by. */

/** How the service behind the sink keeps its callers from doing things twice. */
export type SinkMode = 'keyed' | 'findable' | 'naive' | 'put' | 'read';

/** What goes wrong with a request, asked for in its body. */
export const sinkFaults = [
  /** It is done; the connection is cut instead of an answer. */
  'lose-reply',
  /** It is done; the answer is 500. */
  'fail-after',
  /** It is not done; the answer is 500. */
  'fail-before',
  /** It is done; the answer is 500, and stored under the key. */
  'store-failure',
  /** It is refused for good. */
  'refuse',
  /** Nothing is done until the request is released. */
  'hold-before',
  /** It is done; the answer waits until the request is released. */
  'hold-after',
] as const;
export type SinkFault = (typeof sinkFaults)[number];

export interface SinkOrder {
  /** Names the thing for the test; every case has its own. */
  readonly reference: string;
  readonly value?: string | undefined;
  readonly fault?: SinkFault | undefined;
  /** How many of its first requests go wrong; one unless it says more. */
  readonly faults?: number | undefined;
}

export type SinkEntry = {
  readonly mode: SinkMode;
  readonly reference: string;
  /** The effect key that came along, whether the service honours it or not; null for reads. */
  readonly key: string | null;
  /** RFC 3339. */
  readonly at: string;
} & (
  | { readonly kind: 'arrived' }
  /** It was done, once more. */
  | { readonly kind: 'effect'; readonly id: string; readonly value: string | null }
  /** An answer is kept under the key. */
  | {
      readonly kind: 'stored';
      readonly body: string;
      readonly status: number;
      readonly answer: unknown;
    }
);
