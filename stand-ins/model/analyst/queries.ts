/** Writes the statements that answer the parts of a question. */
import type { Filter, Part } from './question.js';
import { columnLike, type Table } from './tables.js';

export interface Query {
  readonly statement: string;
  readonly parameters: readonly (string | number)[];
}

/**
 * The statements that may answer a part, the likeliest first: where one is refused, the next is
 * tried. A text says why there is none.
 */
export function queriesFor(part: Part, table: Table): readonly Query[] | string {
  const { amount, status, id } = table;
  const { statuses, overCents, underCents, ids } = part.filter;
  if (statuses.length > 0 && status === null) return `${table.name} has no column of a status`;
  if (ids.length > 0 && id === null) return `${table.name} has no column of an id`;
  if (part.filter.days === 'unclear') return 'I do not understand the time that is named';
  if (part.filter.days !== null && dateOf(part.filter, table) === null)
    return `${table.name} has no column that says when that was`;
  const asksAmount = part.want.kind === 'total' || part.want.kind === 'average';
  if ((overCents !== null || underCents !== null || asksAmount) && amount === null)
    return `${table.name} has no column of an amount`;
  const where = whereOf(part.filter, table);
  const from = `FROM ${quoted(table.name)}${where.text}`;
  const queryOf = (statement: string): Query => ({ statement, parameters: where.parameters });
  const money = amount === null ? null : quoted(amount);
  switch (part.want.kind) {
    case 'count':
      return [queryOf(`SELECT count(*)::int AS count ${from}`)];
    case 'total':
      return [queryOf(amountOf(`sum(${money})`, from, table))];
    case 'average':
      return [queryOf(amountOf(`round(avg(${money}))`, from, table))];
    case 'rows': {
      const columns = [id, status, amount, table.currency].map((each) =>
        each === null ? 'NULL' : quoted(each),
      );
      const order = money === null ? '1' : `${money} DESC, 1`;
      // One more than is shown says whether there are more.
      return [
        queryOf(
          `SELECT ${columns.join(', ')} ${from} ORDER BY ${order} LIMIT ${part.want.atMost + 1}`,
        ),
      ];
    }
    case 'groups': {
      const { word } = part.want;
      const near = columnLike(word, table);
      const columns = near === null || near === word ? [word] : [word, near];
      return columns.map((column) =>
        queryOf(
          `SELECT ${quoted(column)}::text, count(*)::int AS count ${from} ` +
            `GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT ${shownGroups + 1}`,
        ),
      );
    }
  }
}

/** Groups that an answer names. */
export const shownGroups = 20;

const amountOf = (value: string, from: string, { currency }: Table): string =>
  currency === null
    ? `SELECT NULL, ${value} AS cents ${from}`
    : `SELECT ${quoted(currency)}, ${value} AS cents ${from} GROUP BY 1 ORDER BY 1`;

/** The date of what a status says, such as refunded_on; of the order itself where none is named. */
const dateOf = ({ statuses }: Filter, { dates }: Table): string | null => {
  const words = statuses.length > 0 ? statuses : ['ordered', 'placed', 'created'];
  return dates.find((column) => words.some((word) => column.startsWith(word))) ?? null;
};

function whereOf(filter: Filter, table: Table) {
  const { id, status, amount } = table;
  const parameters: (string | number)[] = [];
  const place = (value: string | number): string => `$${parameters.push(value)}`;
  const among = (column: string | null, values: readonly string[]): string[] =>
    column === null || values.length === 0
      ? []
      : [`${quoted(column)} IN (${values.map(place).join(', ')})`];
  const than = (sign: string, cents: number | null): string[] =>
    cents === null || amount === null ? [] : [`${quoted(amount)} ${sign} ${place(cents)}`];
  const since = (column: string | null, days: Filter['days']): string[] =>
    column === null || typeof days !== 'number'
      ? []
      : [`${quoted(column)} >= current_date - ${place(days)}::int`];
  const conditions = [
    ...among(id, filter.ids),
    ...among(status, filter.statuses),
    ...than('>', filter.overCents),
    ...than('<', filter.underCents),
    ...since(dateOf(filter, table), filter.days),
  ];
  const text = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return { text, parameters };
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
