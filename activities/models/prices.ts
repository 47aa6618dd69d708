/** What an answer cost: by our own dated prices first, then by those of a kept library, or unknown. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { calcPrice } from '@pydantic/genai-prices';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../runtime/project-root.js';
import type { ModelBill, ModelUsage } from './model.js';

export interface Cost {
  /** Millionths of a dollar, rounded up; null when nobody knows the price, which is never taken for none. */
  readonly microsUsd: number | null;
  /** The price is of another model of that family, or the tokens were counted by us. */
  readonly isEstimate: boolean;
  /** Which prices it is made of; null when unknown. */
  readonly priceVersion: string | null;
}

const rate = z.number().min(0);
const bandSchema = z.strictObject({
  upToPromptTokens: z.int().min(1).optional(),
  input: rate,
  cacheWrite: rate,
  cacheWriteHour: rate,
  cacheRead: rate,
  output: rate,
});
const priceSchema = z.strictObject({
  model: z.string().min(1),
  validFrom: z.iso.date(),
  bands: z.array(bandSchema).min(1),
});
type Price = z.infer<typeof priceSchema>;
type Band = z.infer<typeof bandSchema>;

/** Read once, with the code that it belongs to: a file that is wrong stops the worker at its start. */
const ownPrices: readonly Price[] = z
  .array(priceSchema)
  .parse(parse(readFileSync(path.join(projectRoot, 'activities/models/prices.yaml'), 'utf8')));

/** The version of the library's prices, as `package.json` pins it: a test compares. */
export const libraryPrices = 'genai-prices 0.1.8';

/** What an answer cost at `at`. */
export function costOf(bill: ModelBill, at: Date = new Date()): Cost {
  const { microsUsd, isExact, priceVersion } =
    ownCost(bill, at) ?? libraryCost(bill, at) ?? unknown;
  return { microsUsd, isEstimate: !isExact || bill.usage.isEstimate === true, priceVersion };
}

interface Found {
  readonly microsUsd: number | null;
  readonly isExact: boolean;
  readonly priceVersion: string | null;
}

const unknown: Found = { microsUsd: null, isExact: false, priceVersion: null };

/** Names often carry the day of a snapshot, which may have had a price of its own. */
const withoutDay = (model: string): string => model.replace(/-20\d{6}$/u, '');

function ownCost({ model, usage }: ModelBill, at: Date): Found | null {
  const price = priceAt(model, at) ?? priceAt(withoutDay(model), at);
  const band = price?.bands.find(
    ({ upToPromptTokens = Infinity }) => promptTokens(usage) <= upToPromptTokens,
  );
  if (price === undefined || band === undefined) return null;
  return {
    microsUsd: roundUp(costAt(band, usage)),
    isExact: price.model === model,
    priceVersion: `belay ${price.validFrom}`,
  };
}

const priceAt = (model: string, at: Date): Price | undefined =>
  ownPrices
    .filter((row) => row.model === model && Date.parse(row.validFrom) <= at.getTime())
    .toSorted((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom))
    .at(-1);

const promptTokens = ({ inputTokens, cacheReadTokens, cacheWriteTokens }: ModelUsage): number =>
  inputTokens + cacheReadTokens + cacheWriteTokens;

/** A dollar per million tokens is a millionth of a dollar per token. */
function costAt(band: Band, usage: ModelUsage): number {
  const hour = usage.cacheWriteHourTokens ?? 0;
  return (
    usage.inputTokens * band.input +
    (usage.cacheWriteTokens - hour) * band.cacheWrite +
    hour * band.cacheWriteHour +
    usage.cacheReadTokens * band.cacheRead +
    usage.outputTokens * band.output
  );
}

function libraryCost({ model, pricedBy, usage }: ModelBill, at: Date): Found | null {
  const list = pricedBy.includes('://') ? { providerApiUrl: pricedBy } : { providerId: pricedBy };
  const tokens = {
    input_tokens: promptTokens(usage),
    cache_read_tokens: usage.cacheReadTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_write_1h_tokens: usage.cacheWriteHourTokens ?? 0,
    output_tokens: usage.outputTokens,
  };
  const found = calcPrice(tokens, model, { ...list, timestamp: at });
  if (found === null) return null;
  return {
    microsUsd: roundUp(found.total_price * 1_000_000),
    // The library answers for a family too: a new member of it may cost something else.
    isExact: found.model.id === model,
    priceVersion: libraryPrices,
  };
}

/** Sums of decimal fractions are off by a hair, which must not become a whole millionth. */
const roundUp = (microsUsd: number): number => Math.ceil(Number(microsUsd.toFixed(6)));
