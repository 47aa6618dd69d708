import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonDepth } from '../../contracts/limits.js';
import { BelayError } from '../../runtime/belay-error.js';
import { parseBody } from '../../server/body.js';

const parse = (text: string): unknown => parseBody(Buffer.from(text));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

test('any JSON that a database can hold is taken as it is', () => {
  const value = fc.jsonValue({ maxDepth: 10, stringUnit: 'grapheme' }).filter((candidate) => {
    const text = JSON.stringify(candidate);
    return !text.includes('\\u0000') && !text.includes('"__proto__"');
  });
  fc.assert(
    fc.property(value, (candidate) => {
      const text = JSON.stringify(candidate);
      const numbers = text.match(/\d{16,}/);
      fc.pre(numbers === null);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('an empty body counts as an empty object', () => {
  expect(parse('')).toEqual({});
});

test('digits inside text are no numbers', () => {
  expect(parse('{"note":"9007199254740993 and \\" 9007199254740993"}')).toEqual({
    note: '9007199254740993 and " 9007199254740993',
  });
});

test(`${jsonDepth} levels are the most`, () => {
  expect(parse(nested(jsonDepth))).toBeInstanceOf(Array);
  expect(() => parse(nested(jsonDepth + 1))).toThrow(BelayError);
});

describe('refused is', () => {
  test.each([
    ['no JSON', '{'],
    ['a key __proto__', '{"a":[{"__proto__":1}]}'],
    ['an escaped key __proto__', '{"\\u005f\\u005fproto__":1}'],
    ['a NUL in a text', '["\\u0000"]'],
    ['a NUL in a key', '{"\\u0000":1}'],
    ['half a surrogate pair', '["\\udc00"]'],
    ['a rounded number', '[9007199254740993]'],
    ['a number beyond all numbers', '[1e400]'],
    ['a rounded negative number', '{"a":-9007199254740993}'],
    ['a byte order mark that hides something', '\ufeff\ufeff{}'],
  ])('%s', (_name, text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'invalid-json' }));
  });

  test('what is no UTF-8', () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    expect(() => parseBody(bytes)).toThrow(expect.objectContaining({ code: 'invalid-json' }));
  });
});
