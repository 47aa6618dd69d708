/** Finds the orders that a message names, and the amount that it names for each. */
import { tokensOf, type Amount, type Token } from './tokens.js';

export interface NamedOrder {
  readonly orderId: string;
  /** Null when the message asks for all of it. */
  readonly amount: Amount | null;
}

/** Orders named together, as in "orders 42 and 43": an amount beside them is meant for each. */
interface Group {
  readonly start: number;
  readonly ids: string[];
  end: number;
  amount: Amount | null;
}

/** The orders of a message in the order of their first mention, without those it rules out. */
export function ordersIn(text: string): NamedOrder[] {
  const tokens = tokensOf(text);
  const lead = groupsOf(tokens);
  const groups = lead.length > 0 ? lead : bareNumbers(tokens);
  bindAmounts(tokens, groups);
  const named = new Map<string, Amount | null>();
  const ruledOut = new Set<string>();
  for (const group of groups) {
    const out = isRuledOut(tokens, group.start);
    for (const id of group.ids) {
      if (out) ruledOut.add(id);
      else named.set(id, group.amount ?? named.get(id) ?? null);
    }
  }
  return [...named]
    .filter(([orderId]) => !ruledOut.has(orderId))
    .map(([orderId, amount]) => ({ orderId, amount }));
}

/** Numbers behind "order", "refund", "#" or an amount, and those joined to them. */
function groupsOf(tokens: readonly Token[]): Group[] {
  const groups: Group[] = [];
  let group: Group | null = null;
  for (let at = 0; at < tokens.length; at += 1) {
    const numberAt = leadLength(tokens, at, group !== null);
    if (numberAt === null) {
      if (tokens[at]?.kind !== 'joint') group = null;
      continue;
    }
    const joined: boolean = group !== null && tokens[at - 1]?.kind === 'joint' && numberAt < 2;
    if (group === null || !joined || tokens[at]?.kind === 'order-word') {
      group = { start: at, ids: [], end: at, amount: null };
      groups.push(group);
    }
    group.ids.push(tokens[at + numberAt]?.text ?? '');
    group.end = at + numberAt;
    at += numberAt;
  }
  return groups;
}

/** How many tokens after `at` the order id stands when one is introduced here; null otherwise. */
function leadLength(tokens: readonly Token[], at: number, inList: boolean): number | null {
  const [here, next, third, fourth] = tokens.slice(at, at + 4);
  switch (here?.kind) {
    case 'number':
      return inList && tokens[at - 1]?.kind === 'joint' && !isCount(tokens, at) ? 0 : null;
    case 'hash':
      return next?.kind === 'number' ? 1 : null;
    case 'order-word':
      if (next?.kind === 'number') return isUnit(third) ? null : 1;
      if (next?.kind === 'hash' && third?.kind === 'number') return 2;
      if (isWord(next, /^(?:no|nr|num|number|numbers|id|ids|is)$/iu)) {
        if (third?.kind === 'number') return 2;
        if (isWord(third, /^is$/iu) && fourth?.kind === 'number') return 3;
        return third?.kind === 'stop' && fourth?.kind === 'number' ? 3 : null;
      }
      return null;
    case 'refund-word':
      if (next?.kind === 'number') return isCount(tokens, at + 1) ? null : 1;
      if (next?.kind === 'link' && third?.kind === 'number') {
        return isCount(tokens, at + 2) ? null : 2;
      }
      return null;
    case 'amount':
      return next?.kind === 'link' && third?.kind === 'number' && !isCount(tokens, at + 2)
        ? 2
        : null;
    case 'word':
      return isWord(here, negations) && next?.kind === 'number' && !isCount(tokens, at + 1)
        ? 1
        : null;
    default:
      return null;
  }
}

/** One of these words, and nothing more. */
function anyOf(...alternatives: readonly string[]): RegExp {
  return new RegExp(`^(?:${alternatives.join('|')})$`, 'iu');
}

/** With no word to go by: every number that counts nothing and names nothing else. */
function bareNumbers(tokens: readonly Token[]): Group[] {
  return tokens.flatMap((token, at) => {
    if (token.kind !== 'number' || isCount(tokens, at) || isWord(tokens[at - 1], otherThings)) {
      return [];
    }
    return [{ start: at, ids: [token.text], end: at, amount: null }];
  });
}

const otherThings = anyOf(
  'customer|invoice|ticket|room|phone|version|step|article|sku|item|case',
  'about|than|at|page|year|age|aged|size|the|my|these|those|all|only',
);
const units =
  /^(?:items?|pieces?|units?|days?|weeks?|months?|years?|hours?|minutes?|times?|people|stars?)$/iu;
/** What follows a number of things, where nothing says that it is an order's. */
const ofThings = /^(?:more|other|others|broken|damaged)$/iu;
/** Words that end in s and are no plural. */
const noPlurals =
  /^(?:was|is|has|as|this|plus|does|thus|its|always|arrives|comes|thanks|his|us)$/iu;

const isWord = (token: Token | undefined, pattern: RegExp): boolean =>
  token?.kind === 'word' && pattern.test(token.text);

const isUnit = (token: Token | undefined): boolean => isWord(token, units);

/** Says whether the number counts something: "3 items", "2 lamps". */
function isCount(tokens: readonly Token[], at: number): boolean {
  const next = tokens[at + 1];
  return (
    isUnit(next) || isWord(next, ofThings) || (isWord(next, /[^s]s$/iu) && !isWord(next, noPlurals))
  );
}

const negations = /^(?:not|except|excluding|without|never|nor|don['’]?t|nicht|no)$/iu;

/** "not order 43", "except 43", "don't refund order 43". */
function isRuledOut(tokens: readonly Token[], start: number): boolean {
  const skipped = /^(?:touch|the|my|pay|back|issue|a|any|include|including|to|do|please)$/iu;
  for (let at = start; at >= 0 && at > start - 6; at -= 1) {
    const token = tokens[at];
    if (isWord(token, negations)) return true;
    const passes =
      at === start ||
      token?.kind === 'refund-word' ||
      token?.kind === 'order-word' ||
      token?.kind === 'link' ||
      isWord(token, skipped);
    if (!passes) return false;
  }
  return false;
}

/** An amount belongs to the orders right behind it ("half of order 43"), else to those before. */
function bindAmounts(tokens: readonly Token[], groups: readonly Group[]): void {
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'amount' || isDescription(tokens, at)) continue;
    const behind = groups.find((group) => group.end > at);
    const before = groups.findLast((group) => group.end < at);
    const target =
      behind !== undefined && leadsTo(tokens, at, behind.start) ? behind : (before ?? behind);
    if (target !== undefined) target.amount = token.amount;
  }
}

function leadsTo(tokens: readonly Token[], at: number, start: number): boolean {
  const fillers = /^(?:the|my|both|each|his|her|their|to|back|customer['’]?s?|total|price)$/iu;
  return tokens
    .slice(at + 1, start)
    .every(
      (token) => ['link', 'order-word', 'hash'].includes(token.kind) || isWord(token, fillers),
    );
}

/** "I paid 180 EUR" says what it cost, not what is wanted. */
const isDescription = (tokens: readonly Token[], at: number): boolean =>
  tokens
    .slice(Math.max(0, at - 2), at)
    .some((token) => isWord(token, /^(?:paid|cost|costs|worth|priced?|bezahlt)$/iu));
