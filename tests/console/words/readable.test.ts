import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatMoney } from '../../../contracts/money.js';
import { readableFields } from '../../../console/words/readable.js';

describe('arguments as people read them', () => {
  test('show money from cents with its currency', () => {
    const args = { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' };
    expect(readableFields(args).map(({ label, value }) => [label, value])).toEqual([
      ['Order id', '42'],
      ['Amount', '180.00 EUR'],
      ['Reason', 'broken'],
    ]);
  });

  test.each([
    { amountCents: 500, currency: 'JPY' },
    { amountCents: 500 },
    { amountCents: '500', currency: 'EUR' },
    { amountCents: 0.5, currency: 'EUR' },
  ])('leave %j as it is: an amount is never guessed', (args) => {
    expect(readableFields(args).map(({ value }) => value)).toEqual(
      Object.values(args).map((value) => String(value)),
    );
  });

  test('leave out nothing, whatever the arguments are', () => {
    const money = fc.record({ feeCents: fc.integer(), currency: fc.constant('EUR') });
    const any = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(any, fc.option(money), (others, amount) => {
        const shown = readableFields({ ...others, ...amount }).map(({ value }) => value);
        for (const [name, value] of Object.entries(others)) {
          if (amount !== null && (name === 'currency' || name === 'feeCents')) continue;
          if (amount !== null && name.endsWith('Cents')) continue;
          const text = typeof value === 'string' ? value || '(empty)' : JSON.stringify(value);
          expect(shown).toContain(text);
        }
        if (amount !== null) expect(shown).toContain(formatMoney(amount.feeCents, 'EUR'));
      }),
    );
  });

  test('mark texts of several lines, to be read as they would be sent', () => {
    expect(readableFields({ body: 'Dear Ada,\nsorry' })[0]).toMatchObject({ isLong: true });
    expect(readableFields(['a'])).toEqual([{ label: 'Value', value: '["a"]', isLong: false }]);
  });
});
