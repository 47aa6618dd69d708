/** Cursors of lists: where the page before ended, opaque to the caller. */
import type { z } from 'zod';
import { BelayError } from '../runtime/belay-error.js';

/** A place in a list as text for the next request. */
export const encodeCursor = (place: object): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Reads a cursor of {@link encodeCursor}. Throws `invalid-parameter` for anything else. */
export function decodeCursor<Shape extends z.ZodType>(
  shape: Shape,
  cursor: string,
): z.output<Shape> {
  const result = shape.safeParse(jsonOf(cursor));
  if (result.success) return result.data;
  const errors = [{ pointer: '/cursor', detail: 'is not a cursor of this list' }];
  throw new BelayError('invalid-parameter', { extra: { errors } });
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown;
  } catch {
    return null;
  }
}

/** Cuts a list that was read one row too far, and says where the next page starts. */
export function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => object) {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  const nextCursor = rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null;
  return { data, nextCursor };
}
