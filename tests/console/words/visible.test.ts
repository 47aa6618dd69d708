import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonParts, visibleParts, visibleText } from '../../../console/words/visible.js';

/** Written apart from the code under test: ranges of what must never reach a reader unseen. */
const unseen: readonly (readonly [number, number, string])[] = [
  [0x00, 0x1f, 'C0 controls'],
  [0x7f, 0x9f, 'delete and C1 controls'],
  [0xa0, 0xa0, 'no-break space'],
  [0xad, 0xad, 'soft hyphen'],
  [0x34f, 0x34f, 'combining grapheme joiner'],
  [0x61c, 0x61c, 'Arabic letter mark'],
  [0x115f, 0x1160, 'Hangul fillers'],
  [0x180e, 0x180e, 'Mongolian vowel separator'],
  [0x2000, 0x200f, 'blanks, zero-width characters, direction marks'],
  [0x2028, 0x202f, 'separators, embeddings and overrides'],
  [0x205f, 0x206f, 'invisible operators and isolates'],
  [0x2800, 0x2800, 'empty Braille pattern'],
  [0x3000, 0x3000, 'ideographic space'],
  [0x3164, 0x3164, 'Hangul filler'],
  [0xd800, 0xdfff, 'lone surrogates'],
  [0xe000, 0xf8ff, 'private use'],
  [0xfe00, 0xfe0f, 'variation selectors'],
  [0xfeff, 0xfeff, 'byte order mark'],
  [0xffa0, 0xffa0, 'half-width Hangul filler'],
  [0xfff9, 0xfffb, 'interlinear annotation'],
  [0xe0000, 0xe0fff, 'tags and further variation selectors'],
];

const isUnseen = (point: number): boolean =>
  unseen.some(([first, last]) => first <= point && point <= last);
const unseenIn = (text: string): string[] =>
  Array.from(text).filter((character) => isUnseen(character.codePointAt(0) ?? 0));

const anyPoint = fc.oneof(
  fc.integer({ min: 0, max: 0x10ffff }),
  fc.constantFrom(...unseen).chain(([first, last]) => fc.integer({ min: first, max: last })),
);
const anyText = fc
  .array(
    fc.oneof(
      fc.string(),
      anyPoint.map((point) => String.fromCodePoint(point)),
    ),
  )
  .map((pieces) => pieces.join(''));

describe('visible text', () => {
  test('never leaves a control, bidi, zero-width or other hidden character unescaped', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unseenIn(visibleText(text))).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(unseen)('escapes every character from %i to %i: %s', (first, last) => {
    for (let point = first; point <= last; point += 1) {
      expect(unseenIn(visibleText(String.fromCodePoint(point)))).toEqual([]);
    }
  });

  test('keeps line breaks in parts, and nothing else that is hidden', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const joined = visibleParts(text).map((part) => part.text);
        expect(unseenIn(joined.join('').replaceAll('\n', ''))).toEqual([]);
      }),
    );
  });

  test('leaves what can be seen as it is', () => {
    for (const text of ['Refund order 42, it arrived broken', 'Grüße, 日本語, שלום, €', '🙂 “x”']) {
      expect(visibleText(text)).toBe(text);
      expect(visibleParts(text)).toEqual([{ text, escaped: false }]);
    }
  });

  test('writes escapes as JSON does and marks them', () => {
    expect(visibleText('a\u202Eb')).toBe(String.raw`a\u202eb`);
    expect(visibleText('\u{E0041}')).toBe(String.raw`\udb40\udc41`);
    expect(visibleText('two\nlines')).toBe(String.raw`two\nlines`);
    expect(visibleParts('a\u200b\u200bb')).toEqual([
      { text: 'a', escaped: false },
      { text: String.raw`\u200b\u200b`, escaped: true },
      { text: 'b', escaped: false },
    ]);
  });
});

describe('arguments as JSON', () => {
  test('shown and read back they are the same value, whatever is hidden in them', () => {
    const anyJson = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(anyText, fc.oneof(anyText, fc.array(anyText), fc.integer())),
    );
    fc.assert(
      fc.property(anyJson, (value) => {
        const shown = jsonParts(value)
          .flatMap((part) => visibleParts(part.text))
          .map((part) => part.text)
          .join('');
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('keeps every key and every string apart from its neighbours', () => {
    const parts = jsonParts({ 'a": "b': ['x', 1], c: '\\' });
    const strings = parts.filter(({ kind }) => kind !== 'plain');
    expect(strings.map(({ kind, text }) => [kind, JSON.parse(text)])).toEqual([
      ['key', 'a": "b'],
      ['string', 'x'],
      ['key', 'c'],
      ['string', '\\'],
    ]);
    expect(parts.every(({ kind, text }) => kind !== 'plain' || !text.includes('"'))).toBe(true);
  });
});
