/** What models cost, by the date a price took effect: micro-USD an answer, null when unknown. */
import type { ModelTurn } from './model.js';

/** Micro-USD per million tokens (that is USD per million, times a million). */
interface Rates {
  readonly input: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly output: number;
}

interface Price {
  readonly model: string;
  /** RFC 3339: the price of this row counts from here until the model's next row. */
  readonly validFrom: string;
  /** The first that the prompt fits in, cached parts included, prices the whole request. */
  readonly bands: readonly { readonly upToPromptTokens: number; readonly rates: Rates }[];
}

const usd = (input: number, cacheWrite: number, cacheRead: number, output: number): Rates => ({
  input: Math.round(input * 1_000_000),
  cacheWrite: Math.round(cacheWrite * 1_000_000),
  cacheRead: Math.round(cacheRead * 1_000_000),
  output: Math.round(output * 1_000_000),
});

const flat = (rates: Rates): Price['bands'] => [{ upToPromptTokens: Infinity, rates }];

/** Published prices. Writes are those of the five-minute cache, the only one that is asked for. */
export const prices: readonly Price[] = [
  { model: 'stand-in', validFrom: '2026-01-01T00:00:00Z', bands: flat(usd(0, 0, 0, 0)) },
  {
    model: 'claude-fable-5-1',
    validFrom: '2026-01-01T00:00:00Z',
    bands: flat(usd(10, 12.5, 0.25, 50)),
  },
  {
    model: 'claude-opus-5-5',
    validFrom: '2026-01-01T00:00:00Z',
    bands: flat(usd(4, 5, 0.2, 20)),
  },
  {
    model: 'claude-sonnet-5-5',
    validFrom: '2026-01-01T00:00:00Z',
    bands: flat(usd(2, 2.5, 0.2, 10)),
  },
  {
    model: 'claude-sonnet-5-5',
    validFrom: '2026-10-07T00:00:00Z',
    bands: flat(usd(2, 2.5, 0.1, 10)),
  },
  {
    model: 'claude-haiku-5-5',
    validFrom: '2026-01-01T00:00:00Z',
    bands: [
      { upToPromptTokens: 100_000, rates: usd(0.1, 0.125, 0.01, 0.5) },
      { upToPromptTokens: Infinity, rates: usd(0.5, 0.625, 0.05, 2.5) },
    ],
  },
];

/**
 * What an answer cost at `at`, in micro-USD, rounded up. Null when the model has no known price:
 * an unknown cost is never taken for none.
 */
export function priceOf(
  model: string,
  usage: ModelTurn['usage'],
  at: Date = new Date(),
): number | null {
  const price = prices
    .filter((row) => row.model === model && Date.parse(row.validFrom) <= at.getTime())
    .toSorted((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom))
    .at(-1);
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const rates = price?.bands.find((band) => promptTokens <= band.upToPromptTokens)?.rates;
  if (rates === undefined) return null;
  const total =
    usage.inputTokens * rates.input +
    usage.cacheWriteTokens * rates.cacheWrite +
    usage.cacheReadTokens * rates.cacheRead +
    usage.outputTokens * rates.output;
  return Math.ceil(total / 1_000_000);
}
