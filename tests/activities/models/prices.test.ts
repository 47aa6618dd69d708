import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ModelUsage } from '../../../activities/models/model.js';
import { costOf, libraryPrices } from '../../../activities/models/prices.js';
import { projectRoot } from '../../../runtime/project-root.js';

const none = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const at = new Date('2026-11-21T00:00:00Z');
const cost = (model: string, usage: Partial<ModelUsage>, pricedBy = 'anthropic', when = at) =>
  costOf({ model, pricedBy, usage: { ...none, ...usage } }, when);

describe('the price of an answer', () => {
  it('adds up input, output, cache reads and cache writes of both kinds', () => {
    const usage = {
      inputTokens: 1_000,
      outputTokens: 500,
      cacheReadTokens: 2_000,
      cacheWriteTokens: 300,
      cacheWriteHourTokens: 100,
    };
    // 1000 × 4 + 500 × 20 + 2000 × 0.20 + 200 × 5 + 100 × 8 micro-USD
    expect(cost('claude-opus-5-5', usage)).toEqual({
      microsUsd: 16_200,
      isEstimate: false,
      priceVersion: 'belay 2026-01-01',
    });
  });

  it('is rounded up to a whole micro-dollar, and never by the hair of a fraction', () => {
    expect(cost('claude-haiku-5-5', { inputTokens: 1 }).microsUsd).toBe(1);
    expect(cost('claude-haiku-5-5', { inputTokens: 11 }).microsUsd).toBe(2);
    // 3 × 0.1 is 0.30000000000000004, and 30 of them are 3.
    expect(cost('claude-haiku-5-5', { inputTokens: 30 }).microsUsd).toBe(3);
  });

  it('is that of the band that the whole prompt falls in, what was cached included', () => {
    expect(cost('claude-haiku-5-5', { inputTokens: 100_000 }).microsUsd).toBe(10_000);
    const cached = { inputTokens: 10_000, cacheReadTokens: 100_000 };
    expect(cost('claude-haiku-5-5', cached).microsUsd).toBe(10_000);
    expect(cost('claude-haiku-5-5', { inputTokens: 100_001 }).microsUsd).toBe(50_001);
  });

  it('is that of its day, and says which', () => {
    const cached = { cacheReadTokens: 1_000_000 };
    const on = (day: string) => cost('claude-sonnet-5-5', cached, 'anthropic', new Date(day));
    expect(on('2026-10-06T23:59:59Z')).toMatchObject({
      microsUsd: 200_000,
      priceVersion: 'belay 2026-01-01',
    });
    expect(on('2026-10-07T00:00:00Z')).toMatchObject({
      microsUsd: 100_000,
      priceVersion: 'belay 2026-10-07',
    });
  });

  it('is an estimate for a snapshot of a model, and where the tokens are', () => {
    const usage = { inputTokens: 1_000 };
    const ofSnapshot = cost('claude-opus-5-5-20261101', usage);
    expect(ofSnapshot).toMatchObject({ microsUsd: 4_000, isEstimate: true });
    const counted = cost('claude-opus-5-5', { ...usage, isEstimate: true });
    expect(counted).toMatchObject({ microsUsd: 4_000, isEstimate: true });
  });

  it('is the library’s where we have none, by the address that was asked', () => {
    const usage = { inputTokens: 1_000_000 };
    expect(cost('gpt-5', usage, 'https://api.openai.com/v1')).toEqual({
      microsUsd: 1_250_000,
      isEstimate: false,
      priceVersion: libraryPrices,
    });
    // Of a family that the library knows, and a member that it does not.
    const relative = cost('claude-sonnet-5-7', usage);
    expect(relative).toMatchObject({ isEstimate: true, priceVersion: libraryPrices });
  });

  it('is nothing for the stand-in, and unknown for what nobody has priced', () => {
    const usage = { inputTokens: 1_000, outputTokens: 1_000 };
    expect(cost('stand-in', usage).microsUsd).toBe(0);
    const unknown = { microsUsd: null, isEstimate: true, priceVersion: null };
    expect(cost('claude-unheard-of', usage)).toEqual(unknown);
    expect(cost('toString', usage)).toEqual(unknown);
    // Whoever serves a model on their own machine is not billed by OpenAI.
    expect(cost('gpt-5', usage, 'http://127.0.0.1:11434/v1')).toEqual(unknown);
  });

  it('names the version of the library that is installed', () => {
    const file = path.join(projectRoot, 'node_modules/@pydantic/genai-prices/package.json');
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    expect(libraryPrices).toBe(`genai-prices ${version}`);
  });
});
