/** Cuts a customer's message into the words that matter for finding orders and amounts in it. */

/** A part of an order's total: an amount of money, or a fraction. */
export type Amount =
  /** `currency` is null when the message names none. */
  | { readonly kind: 'money'; readonly cents: number; readonly currency: string | null }
  | { readonly kind: 'fraction'; readonly of: number; readonly parts: number };

export type Token =
  /** "order", "orders", "Bestellung", "order no." */
  | { readonly kind: 'order-word'; readonly text: string }
  /** "refund", "money back": what may stand before a bare order id. */
  | { readonly kind: 'refund-word'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'amount'; readonly text: string; readonly amount: Amount }
  | { readonly kind: 'hash'; readonly text: string }
  /** "of", "for", "from", "on" */
  | { readonly kind: 'link'; readonly text: string }
  /** "," "and" "&" */
  | { readonly kind: 'joint'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'stop'; readonly text: string };

/** The tokens of a text, in order. Dates, times, years and addresses are plain words. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const { token, length } = nextToken(text, at);
    if (token !== null) tokens.push(token);
    at += length;
  }
  return tokens;
}

const codes = new Set(Intl.supportedValuesOf('currency'));
const symbols: Readonly<Record<string, string>> = {
  '€': 'EUR',
  $: 'USD',
  '£': 'GBP',
  euro: 'EUR',
  dollar: 'USD',
  buck: 'USD',
  pound: 'GBP',
  franc: 'CHF',
};

const digits = String.raw`\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?`;
const end = String.raw`(?![\p{L}\p{N}])`;
const named = String.raw`euros?|dollars?|bucks?|pounds?|francs?`;
// In small letters only what is not also an English word: "all", "top" and "try" are currencies.
const small = 'eur|usd|gbp|chf|sek|nok|dkk|pln|czk|cad|aud|jpy';
const currency = String.raw`[€$£]|(?:${named}|${small}|[A-Z]{3})${end}`;

type Make = (match: RegExpExecArray) => Token | null;
const word: Make = ([text]) => ({ kind: 'word', text });
const plain =
  (kind: Exclude<Token['kind'], 'amount'>): Make =>
  ([text]) => ({ kind, text });
const fraction = (of: number, parts: number): Make => {
  return ([text]) => ({ kind: 'amount', text, amount: { kind: 'fraction', of, parts } });
};

const months =
  'Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|' +
  'Sep(?:t(?:ember)?)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?';
const year = String.raw`(?:19|20)\d\d`;

const orderNoun = '(?:orders?|purchases?|bestellung(?:en)?|auftrag)';
const orderSuffix = String.raw`(?:[-_ ]?(?:ids?|no|nr|num(?:ber)?s?)\b\.?)?`;

/** The first that matches decides, so what is more particular stands first. */
const rules: readonly (readonly [RegExp, Make])[] = [
  [/\s+/uy, () => null],
  [/[^\s@<>,;:"'(){}]+@[^\s@<>,;:"'(){}]+/uy, word],
  [/https?:\/\/\S+/uy, word],
  [/\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?/uy, word],
  [/\d{1,2}[./]\d{1,2}[./]\d{2,4}(?!\d)/uy, word],
  [/\d{1,2}:\d{2}(?::\d{2})?(?!\d)/uy, word],
  [rule(String.raw`\d{1,2}\.? (?:${months})${end}(?:,? ${year}${end})?`), word],
  [rule(String.raw`(?:${months}) \d{1,2}${end}(?!,?\d)(?:,? ${year}${end})?`), word],
  [rule(String.raw`(?:${months}) ${year}${end}`), word],
  [rule(String.raw`(?:in|since|from|year|until|before|after|by|during) ${year}${end}`, 'i'), word],
  [rule(String.raw`(${currency})\s?(${digits})(?![\p{L}\d])`), money(2, 1)],
  [rule(String.raw`(${digits})\s?(${currency})`), money(1, 2)],
  [rule(String.raw`(\d+)\s?(?:euro ?)?cents?${end}`, 'i'), money(1, null, 1)],
  [rule(String.raw`(\d{1,3})\s?(?:%|percent${end}|per cent${end})`, 'i'), percent],
  [rule(String.raw`(\d+[.,]\d{2})(?![.,]?\d|[\p{L}])`), money(1, null)],
  [rule(String.raw`(\d+)(?= (?:of|off|from) (?:the )?(?:order|bestellung))`, 'i'), money(1, null)],
  [rule(String.raw`(?:two[- ]thirds)${end}`, 'i'), fraction(3, 2)],
  [rule(String.raw`(?:three[- ]quarters)${end}`, 'i'), fraction(4, 3)],
  [rule(String.raw`(?:half|halves|halb|hälfte)${end}`, 'i'), fraction(2, 1)],
  [rule(String.raw`(?:(?:a|one)[- ])?third${end}`, 'i'), fraction(3, 1)],
  [rule(String.raw`(?:(?:a|one)[- ])?quarter${end}`, 'i'), fraction(4, 1)],
  [rule(String.raw`${orderNoun}${orderSuffix}(?!\p{L})[-_]?`, 'i'), plain('order-word')],
  [
    rule(String.raw`(?:refund(?:s|ing)?|reimburse|return|money back|erstatten?)${end}`, 'i'),
    plain('refund-word'),
  ],
  [rule(String.raw`(?:and|und|&|plus|\+|or)${end}`, 'i'), plain('joint')],
  [/[,/&+]/uy, plain('joint')],
  [rule(String.raw`(?:of|off|for|from|on|against|für|von)${end}`, 'i'), plain('link')],
  [/#/uy, plain('hash')],
  [/\d+(?![\p{L}\p{N}_])/uy, plain('number')],
  [/[\p{L}\p{N}_][\p{L}\p{N}_'’-]*/uy, word],
  [/[.;!?\n]/uy, plain('stop')],
];

function rule(source: string, flags = ''): RegExp {
  return new RegExp(source, `uy${flags}`);
}

function nextToken(text: string, at: number): { token: Token | null; length: number } {
  for (const [pattern, make] of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null && match[0].length > 0 && !isInsideWord(text, at)) {
      const token = make(match);
      if (token !== null || /^\s/u.test(match[0])) return { token, length: match[0].length };
    }
  }
  // Quotes, colons, brackets: they part nothing.
  return { token: null, length: 1 };
}

/** A token never begins within a word; "order42" is the exception that people write. */
const isInsideWord = (text: string, at: number): boolean =>
  at > 0 && /\p{L}/u.test(text[at] ?? '') && /\p{L}/u.test(text[at - 1] ?? '');

function percent(match: RegExpExecArray): Token | null {
  const parts = Number(match[1]);
  if (parts > 100) return null;
  return { kind: 'amount', text: match[0], amount: { kind: 'fraction', of: 100, parts } };
}

function money(numberGroup: number, currencyGroup: number | null, unitCents = 100): Make {
  return (match) => {
    const name = currencyGroup === null ? null : currencyOf(match[currencyGroup] ?? '');
    if (currencyGroup !== null && name === null) return null;
    const cents = Math.round(decimalOf(match[numberGroup] ?? '') * unitCents);
    return { kind: 'amount', text: match[0], amount: { kind: 'money', cents, currency: name } };
  };
}

function currencyOf(text: string): string | null {
  const known = symbols[text.toLowerCase().replace(/s$/u, '')] ?? symbols[text];
  if (known !== undefined) return known;
  return codes.has(text.toUpperCase()) ? text.toUpperCase() : null;
}

/** Reads 1250, 1,250.00 and 1.250,00: the last separator is decimal unless three digits follow. */
function decimalOf(text: string): number {
  const last = Math.max(text.lastIndexOf(','), text.lastIndexOf('.'));
  if (last < 0) return Number(text);
  const whole = text.slice(0, last).replace(/[.,]/gu, '');
  const rest = text.slice(last + 1);
  return rest.length === 3 ? Number(whole + rest) : Number(`${whole}.${rest}`);
}
