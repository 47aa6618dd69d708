import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { decodeCursor, encodeCursor, pageOf } from '../../server/cursor.js';

const place = z.strictObject({ n: z.int() });

test('a cursor says what was put into it', () => {
  fc.assert(
    fc.property(fc.integer(), (n) => {
      expect(decodeCursor(place, encodeCursor({ n }))).toEqual({ n });
    }),
  );
});

test('whatever else is sent as a cursor is malformed', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => decodeCursor(place, text)).toThrow(
        expect.objectContaining({ code: 'invalid-parameter' }),
      );
    }),
  );
  const other = encodeCursor({ n: 1, admin: true });
  expect(() => decodeCursor(place, other)).toThrow(
    expect.objectContaining({ code: 'invalid-parameter' }),
  );
});

test('pages follow each other without gaps or repeats', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 7 }), (rows, limit) => {
      const numbered = rows.map((row, n) => ({ row, n }));
      const seen: { n: number }[] = [];
      for (let from = 0; ;) {
        const read = numbered.slice(from, from + limit + 1);
        const { data, nextCursor } = pageOf(read, limit, ({ n }) => ({ n }));
        seen.push(...data);
        if (nextCursor === null) break;
        from = decodeCursor(place, nextCursor).n + 1;
      }
      expect(seen).toEqual(numbered);
    }),
  );
});
