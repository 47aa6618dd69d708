import { describe, expect, it } from '@jest/globals';
import { priceOf } from '../../../activities/models/prices.js';

const usage = (
  inputTokens: number,
  outputTokens = 0,
  cacheReadTokens = 0,
  cacheWriteTokens = 0,
) => ({
  inputTokens,
  outputTokens,
  cacheReadTokens,
  cacheWriteTokens,
});
const at = new Date('2026-11-21T00:00:00Z');

describe('the price of an answer', () => {
  it('adds up input, output, cache reads and cache writes', () => {
    // 1000 × 4 + 500 × 20 + 2000 × 0.20 + 300 × 5 micro-USD
    expect(priceOf('claude-opus-5-5', usage(1_000, 500, 2_000, 300), at)).toBe(15_900);
  });

  it('is rounded up to a whole micro-dollar', () => {
    expect(priceOf('claude-haiku-5-5', usage(1), at)).toBe(1);
    expect(priceOf('claude-haiku-5-5', usage(11), at)).toBe(2);
  });

  it('is that of the band that the whole prompt falls in, what was cached included', () => {
    expect(priceOf('claude-haiku-5-5', usage(100_000), at)).toBe(10_000);
    expect(priceOf('claude-haiku-5-5', usage(10_000, 0, 100_000), at)).toBe(10_000);
    expect(priceOf('claude-haiku-5-5', usage(100_001), at)).toBe(50_001);
  });

  it('is that of its day', () => {
    const cached = usage(0, 0, 1_000_000);
    expect(priceOf('claude-sonnet-5-5', cached, new Date('2026-10-06T23:59:59Z'))).toBe(200_000);
    expect(priceOf('claude-sonnet-5-5', cached, new Date('2026-10-07T00:00:00Z'))).toBe(100_000);
  });

  it('is nothing for the stand-in, and unknown for a model nobody has priced', () => {
    expect(priceOf('stand-in', usage(1_000, 1_000), at)).toBe(0);
    expect(priceOf('claude-unheard-of', usage(1_000), at)).toBeNull();
    expect(priceOf('toString', usage(1_000), at)).toBeNull();
  });
});
