/** Says in sentences what rows mean for the parts of a question. */
import { z } from 'zod';
import { wordMoney } from '../wording.js';
import type { Filter, Part } from './question.js';
import { shownGroups } from './queries.js';

const cells = z.array(z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])));
type Row = z.infer<typeof cells>[number];

/** What `sql_query` returns. */
export const rowsSchema = z.object({ rows: cells, truncated: z.boolean().default(false) });

/** The sentence that answers a part. */
export function tellPart({ want, filter }: Part, rows: readonly Row[]): string {
  const what = describe(filter);
  const [first] = rows;
  switch (want.kind) {
    case 'count': {
      const count = Number(first?.[0] ?? 0);
      return count === 1
        ? `There is 1 ${describe(filter, 'order')}.`
        : `There are ${count} ${what}.`;
    }
    case 'total':
      return `All ${what} come to ${moneyOf(rows)} altogether.`;
    case 'average':
      return `The average of ${what} is ${moneyOf(rows)}.`;
    case 'rows':
      return tellRows(what, rows, want.atMost);
    case 'groups': {
      const named = rows.slice(0, shownGroups).map(([name, count]) => `${name} ${count}`);
      return rows.length === 0
        ? `There are no ${what}.`
        : `The ${what} by ${want.word}: ${named.join(', ')}${more(rows.length > shownGroups)}.`;
    }
  }
}

function tellRows(what: string, rows: readonly Row[], atMost: number): string {
  if (rows.length === 0) return `There are no ${what}.`;
  const named = rows.slice(0, atMost).map(([id, status, cents, currency]) => {
    const about = [
      ...(status === null ? [] : [String(status)]),
      ...(cents === null ? [] : [wordMoney(Number(cents), String(currency ?? ''))]),
    ];
    return `order ${id} (${about.join(', ')})`;
  });
  return `The ${what}, the dearest first: ${named.join(', ')}${more(rows.length > atMost)}.`;
}

const more = (thereAre: boolean): string => (thereAre ? ', and more' : '');

const moneyOf = (rows: readonly Row[]): string =>
  rows.length === 0
    ? 'nothing'
    : rows
        .map(([currency, cents]) => wordMoney(Number(cents ?? 0), String(currency ?? '')))
        .join(' and ');

/** "refunded orders over 100.00 EUR". */
function describe({ ids, statuses, overCents, underCents, days }: Filter, noun = 'orders'): string {
  const limits = [
    ...(overCents === null ? [] : [`over ${wordMoney(overCents, '').trim()}`]),
    ...(underCents === null ? [] : [`under ${wordMoney(underCents, '').trim()}`]),
  ];
  return [statuses.join(' or '), noun, ids.join(' and '), limits.join(' and '), timeWords(days)]
    .filter((word) => word !== '')
    .join(' ');
}

function timeWords(days: Filter['days']): string {
  if (typeof days !== 'number') return '';
  return days === 0 ? 'of today' : `of the last ${days === 1 ? 'day' : `${days} days`}`;
}
