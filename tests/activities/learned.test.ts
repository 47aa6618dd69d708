import { describe, expect, test } from '@jest/globals';
import { foundOf, learnedOf } from '../../activities/learned.js';
import { retryPolicies } from '../../contracts/retry-policies.js';

const policy = retryPolicies.http;

describe('what strangers wrote', () => {
  test.each([
    { kind: 'done', result: 'their page', externalRef: null } as const,
    { kind: 'refused', message: 'their words' } as const,
  ])('is recorded as theirs, however it was answered: $kind', (outcome) => {
    expect(learnedOf(outcome, policy, 1, true)).toMatchObject({ taints: true });
    expect(learnedOf(outcome, policy, 1, false)).toMatchObject({ taints: false });
  });

  test('is recorded as theirs where a search found it', () => {
    const found = { kind: 'found', result: 'their page', externalRef: null } as const;
    expect(foundOf(found, policy, 1, true)).toMatchObject({ taints: true });
  });
});
