/** Money as people read it. */

/**
 * An amount in hundredths as text: 18000 and "EUR" give "180.00 EUR".
 * For currencies with two decimals only; exact for every safe integer.
 */
export function formatMoney(amountCents: number, currency: string): string {
  const cents = Math.abs(amountCents);
  const sign = amountCents < 0 ? '-' : '';
  const rest = String(cents % 100).padStart(2, '0');
  return `${sign}${Math.floor(cents / 100)}.${rest} ${currency}`;
}
