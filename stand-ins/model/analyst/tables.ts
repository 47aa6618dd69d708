/** What the catalogue says that there is to be asked. */
import { z } from 'zod';

/** The statement that tells it. */
export const catalogueStatement =
  'SELECT table_name, column_name, data_type FROM information_schema.columns ' +
  'WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** The columns that a question about orders needs; null where there is none of the kind. */
  readonly id: string | null;
  readonly status: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly dates: readonly string[];
}

const catalogueRows = z.array(z.tuple([z.string(), z.string(), z.string()]));

/** The table that the words name, else the first; null where nothing is open. */
export function tableFor(words: string, rows: unknown): Table | null {
  const found = catalogueRows.safeParse(rows).data ?? [];
  const names = [...new Set(found.map(([name]) => name))];
  const asked = new Set(words.toLowerCase().match(/[a-z_]+/g));
  const name = names.find((each) => asked.has(each)) ?? names[0];
  if (name === undefined) return null;
  const own = found.filter(([table]) => table === name);
  const columns = own.map(([, column]) => column);
  const first = (pattern: RegExp): string | null =>
    columns.find((column) => pattern.test(column)) ?? null;
  const numbers = own.filter(([, , type]) => /int|numeric/.test(type)).map(([, column]) => column);
  return {
    name,
    columns,
    id: first(/^id$|_id$/),
    status: first(/^(?:status|state)$/),
    amount: numbers.find((column) => /total|amount|price/.test(column)) ?? null,
    currency: first(/^currency$/),
    dates: own.filter(([, , type]) => /^(?:date|timestamp)/.test(type)).map(([, column]) => column),
  };
}

/** The column that a word is most likely meant as; null where none is near. */
export const columnLike = (word: string, { columns }: Table): string | null =>
  columns.find((column) => column.includes(word) || word.includes(column)) ?? null;
