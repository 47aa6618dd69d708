import { describe, expect, test } from '@jest/globals';
import { foundOf, learnedOf } from '../../activities/learned.js';
import { retryPolicies } from '../../contracts/retry-policies.js';

const recording = { policy: retryPolicies.http, attempt: 1, keptUnder: null };

describe('what strangers wrote', () => {
  test.each([
    { kind: 'done', result: 'their page', externalRef: null } as const,
    { kind: 'refused', message: 'their words' } as const,
  ])('is recorded as theirs, however it was answered: $kind', (outcome) => {
    expect(learnedOf(outcome, { ...recording, taints: true })).toMatchObject({ taints: true });
    expect(learnedOf(outcome, { ...recording, taints: false })).toMatchObject({ taints: false });
  });

  test('is recorded as theirs where a search found it', () => {
    const found = { kind: 'found', result: 'their page', externalRef: null } as const;
    expect(foundOf(found, { ...recording, taints: true })).toMatchObject({ taints: true });
  });
});
