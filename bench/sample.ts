/** What was measured several times: the middle and how far it spreads. */

export interface Sample {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The value below which the share `rank` of the values lies. */
export function quantile(values: readonly number[], rank: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * rank))] ?? Number.NaN;
}

/** The median of the values, with the least and the greatest. */
export const sampleOf = (values: readonly number[]): Sample => ({
  median: quantile(values, 0.5),
  low: Math.min(...values),
  high: Math.max(...values),
});

/** The median of many values, with the bounds of their middle nine tenths. */
export const typicalOf = (values: readonly number[]): Sample => ({
  median: quantile(values, 0.5),
  low: quantile(values, 0.05),
  high: quantile(values, 0.95),
});
