import { expect, test } from '@jest/globals';
import { formatMoney } from '../../contracts/money.js';

test.each([
  [18_000, '180.00 EUR'],
  [2_490, '24.90 EUR'],
  [5, '0.05 EUR'],
  [0, '0.00 EUR'],
  [-50, '-0.50 EUR'],
  [Number.MAX_SAFE_INTEGER, '90071992547409.91 EUR'],
])('%i cents read %s', (cents, text) => {
  expect(formatMoney(cents, 'EUR')).toBe(text);
});
