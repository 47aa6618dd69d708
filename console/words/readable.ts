/** Arguments as people read them: one line a field, money from cents. Nothing is left out. Pure. */
import { formatMoney } from '../../contracts/money.js';
import { capital } from './amounts.js';

export interface Field {
  readonly label: string;
  readonly value: string;
  /** Texts of several lines, to be read as they would be sent. */
  readonly isLong: boolean;
}

const moneyName = /^(.+)Cents$/;

/**
 * The fields of an object, in its order. `amountCents` beside `currency` becomes one amount; what is
 * no text, number or truth value is shown as JSON.
 */
export function readableFields(args: unknown): readonly Field[] {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) {
    return [fieldOf('value', args)];
  }
  const entries = Object.entries(args);
  const currency = currencyOf(args);
  const amounts = entries.filter(([name, value]) => moneyName.test(name) && isWhole(value));
  const isMerged = currency !== null && amounts.length > 0;
  return entries.flatMap(([name, value]) => {
    if (!isMerged) return [fieldOf(name, value)];
    if (name === 'currency') return [];
    const amount = moneyName.exec(name)?.[1];
    if (amount === undefined || !isWhole(value)) return [fieldOf(name, value)];
    return [{ label: labelOf(amount), value: formatMoney(value, currency), isLong: false }];
  });
}

/** Currencies with two decimals, as `formatMoney` knows them. */
const withCents: ReadonlySet<string> = new Set(['EUR', 'USD', 'GBP', 'CHF']);

function currencyOf(args: object): string | null {
  const currency = 'currency' in args ? args.currency : null;
  return typeof currency === 'string' && withCents.has(currency) ? currency : null;
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

function fieldOf(name: string, value: unknown): Field {
  const text = typeof value === 'string' ? value || '(empty)' : JSON.stringify(value);
  return { label: labelOf(name), value: text, isLong: text.includes('\n') };
}

/** `orderId` and `order_id` give "Order id". */
export const labelOf = (name: string): string =>
  capital(
    name
      .replaceAll(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => {
        return `${before} ${after.toLowerCase()}`;
      })
      .replaceAll('_', ' '),
  );
