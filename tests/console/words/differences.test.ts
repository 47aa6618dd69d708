import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changeOf, differencesOf, isSame } from '../../../console/words/differences.js';

const asked = { orderId: '44', amountCents: 125_000, currency: 'EUR', reason: 'arrived broken' };
const changedPaths = (before: unknown, after: unknown): readonly string[] =>
  differencesOf(before, after)
    .filter(({ isChanged }) => isChanged)
    .map(({ path }) => path);

describe('two arguments side by side', () => {
  test('mark what was changed, money as people read it', () => {
    const rows = differencesOf(asked, { ...asked, amountCents: 100_000 });
    expect(rows.filter(({ isChanged }) => isChanged)).toEqual([
      {
        path: 'amountCents',
        label: 'Amount cents',
        before: '1250.00 EUR (125000)',
        after: '1000.00 EUR (100000)',
        isChanged: true,
      },
    ]);
    expect(rows).toHaveLength(4);
  });

  test('show what is new and what is gone', () => {
    const { reason: _gone, ...rest } = asked;
    expect(differencesOf(asked, rest).find(({ path }) => path === 'reason')).toMatchObject({
      before: 'arrived broken',
      after: null,
      isChanged: true,
    });
    expect(changedPaths({ items: [1] }, { items: [1, 2] })).toEqual(['items.2']);
  });

  test('tell a text from a number that looks the same, and show hidden characters as different', () => {
    expect(differencesOf({ id: '1' }, { id: 1 })).toMatchObject([{ before: '"1"', after: '1' }]);
    expect(changedPaths({ id: 'a' }, { id: 'a\u200b' })).toEqual(['id']);
    expect(changedPaths({ 'a.b': 1 }, { a: { b: 1 } })).toEqual(['a.b', '"a.b"']);
  });

  test('are the same exactly when their JSON is, whatever the order of fields', () => {
    const withoutOrder = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(withoutOrder);
      if (typeof value !== 'object' || value === null) return value;
      const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
      return entries.map(([name, inner]) => [name, withoutOrder(inner)]);
    };
    const json = (value: unknown): string => JSON.stringify(withoutOrder(value));
    const values = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(values, values, fc.boolean(), (left, other, isCopy) => {
        const right = isCopy ? (JSON.parse(JSON.stringify(left)) as unknown) : other;
        const isAlike = json(left) === json(right) && Array.isArray(left) === Array.isArray(right);
        expect(isSame(left, right)).toBe(isAlike);
      }),
    );
  });

  test('cut texts at what they share and lose no character of either', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '\u202e'), maxLength: 12 });
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const change = changeOf(before, after);
        expect(change.start + change.before + change.end).toBe(before);
        expect(change.start + change.after + change.end).toBe(after);
      }),
    );
    expect(changeOf('pay to ana@example.com', 'pay to anna@example.com')).toEqual({
      start: 'pay to an',
      before: '',
      after: 'n',
      end: 'a@example.com',
    });
    expect(changeOf('1250.00 EUR', '90.00 USD')).toMatchObject({
      start: '',
      before: '1250.00 EUR',
    });
  });
});
