/** Rate limits that are kept: buckets that fill up again all the time, and the headers that say so. */
import { Refusal } from './refusal.js';

export interface RateLimits {
  /** Takes what a request needs. Throws a Refusal that says when there is enough again. */
  take(inputTokens: number, outputTokens: number): void;
  /** `anthropic-ratelimit-…` as they stand. */
  headers(): Readonly<Record<string, string>>;
}

/** Of each kind a minute. */
export type Limits = Readonly<Record<'requests' | 'input-tokens' | 'output-tokens', number>>;

/** High enough for load tests on one machine. */
export const defaultLimits: Limits = {
  requests: 60_000,
  'input-tokens': 400_000_000,
  'output-tokens': 80_000_000,
};

const minuteMs = 60_000;
type Kind = keyof Limits;
const kinds: readonly Kind[] = ['requests', 'input-tokens', 'output-tokens'];

/** Buckets that begin full. */
export function createRateLimits(limits: Limits, now: () => number = Date.now): RateLimits {
  const left: Record<Kind, number> = { ...limits };
  let filledAt = now();
  const fill = () => {
    const share = (now() - filledAt) / minuteMs;
    filledAt = now();
    for (const kind of kinds)
      left[kind] = Math.min(limits[kind], left[kind] + limits[kind] * share);
  };
  const msUntil = (kind: Kind, amount: number): number =>
    Math.max(0, Math.ceil(((amount - left[kind]) / limits[kind]) * minuteMs));
  return {
    take(inputTokens, outputTokens) {
      fill();
      const wanted = { requests: 1, 'input-tokens': inputTokens, 'output-tokens': outputTokens };
      const waitMs = Math.max(...kinds.map((kind) => msUntil(kind, wanted[kind])));
      if (waitMs > 0) {
        throw new Refusal('rate_limit_error', 'This request would exceed your rate limit', {
          headers: {
            'retry-after': String(Math.ceil(waitMs / 1_000)),
            'retry-after-ms': String(waitMs),
            'x-should-retry': 'true',
          },
        });
      }
      for (const kind of kinds) left[kind] -= wanted[kind];
    },
    headers() {
      fill();
      // `tokens` is whichever of the two is closer to its end.
      const share = (kind: Kind) => left[kind] / limits[kind];
      const tighter = share('input-tokens') <= share('output-tokens') ? 'input' : 'output';
      const named: readonly (readonly [string, Kind])[] = [
        ...kinds.map((kind) => [kind, kind] as const),
        ['tokens', `${tighter}-tokens`],
      ];
      const entries = named.flatMap(([name, kind]) => [
        [`anthropic-ratelimit-${name}-limit`, String(limits[kind])],
        [`anthropic-ratelimit-${name}-remaining`, String(Math.floor(left[kind]))],
        [
          `anthropic-ratelimit-${name}-reset`,
          new Date(now() + msUntil(kind, limits[kind])).toISOString(),
        ],
      ]);
      return Object.fromEntries(entries) as Readonly<Record<string, string>>;
    },
  };
}
