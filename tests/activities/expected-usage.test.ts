/** What a lost model call is reckoned at: never less than was billed (P11). */
import { describe, expect, it } from '@jest/globals';
import { expectedUsage } from '../../activities/expected-usage.js';
import type { LastUsage } from '../../store/turns.js';
import { sentAt, type Turn } from '../support/histories-of-blocks.js';
import { loadedAt, requestOf } from '../support/loaded-turn.js';

describe('what a call is reckoned to use if nobody hears of it again', () => {
  const turns: readonly Turn[] = [{ received: ['{"type":"text","text":"Yes."}'], answers: [] }];
  const request = requestOf(sentAt(turns, 2));
  const loaded = loadedAt(turns);
  const reckon = (last: Partial<LastUsage>) =>
    expectedUsage({ ...loaded, last: { ...loaded.last!, ...last } }, request, 'claude-opus-5-5');

  it('is as long as the last answer, and never quite short', () => {
    expect(reckon({ outputTokens: 4_000 }).outputTokens).toBe(4_000);
    expect(reckon({ outputTokens: 1 }).outputTokens).toBeGreaterThanOrEqual(100);
  });

  it('takes what the turn before sent from the cache, where it is there still', () => {
    expect(reckon({})).toMatchObject({ cacheReadTokens: 1_000, inputTokens: 0 });
  });

  it.each<[string, Partial<LastUsage>]>([
    ['it was too long ago', { isWarm: false }],
    ['another model had it', { model: 'claude-haiku-5-5' }],
  ])('writes it there anew where %s: never less than is billed', (_why, last) => {
    const { cacheReadTokens, cacheWriteTokens } = reckon(last);
    expect(cacheReadTokens).toBe(0);
    expect(cacheWriteTokens).toBe(reckon({}).cacheWriteTokens + 1_000);
  });

  it('has nothing in the cache before the first answer', () => {
    const usage = expectedUsage({ ...loadedAt([]), last: null }, request, 'claude-opus-5-5');
    expect(usage).toMatchObject({ cacheReadTokens: 0, inputTokens: 0 });
    expect(usage.cacheWriteTokens).toBeGreaterThan(0);
  });
});
