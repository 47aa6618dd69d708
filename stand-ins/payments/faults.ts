/** Failures on request: words in a refund's reason that make this stand-in fail as services do. */

const faults = ['lost-reply', '500', '500-after', 'slow'] as const;
export type Fault = (typeof faults)[number];

/**
 * The failure that a refund asks for: `[payments-slow]` in `metadata[reason]`, which an agent fills
 * with its own words, or the bare name in `metadata[fault]`. Null for none.
 */
export function requestedFault(metadata: Readonly<Record<string, string>>): Fault | null {
  const text = `${metadata['reason'] ?? ''} [payments-${metadata['fault'] ?? ''}]`;
  return faults.find((fault) => text.includes(`[payments-${fault}]`)) ?? null;
}
