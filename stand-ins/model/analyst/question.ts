/** Reads what a question wants to know: its parts, its pages, and what it wants sent. */
import { z } from 'zod';
import { orderStatuses } from '../../../contracts/order.js';
import { jsonOf } from '../facts.js';
import { withoutSentinels } from '../faults.js';

/** Which rows a part of a question is about. */
export interface Filter {
  readonly ids: readonly string[];
  readonly statuses: readonly string[];
  readonly overCents: number | null;
  readonly underCents: number | null;
  /** How many days back, today for 0; `unclear` where a time is named that it does not understand. */
  readonly days: number | 'unclear' | null;
}

export type Want =
  | { readonly kind: 'count' | 'total' | 'average' }
  | { readonly kind: 'rows'; readonly atMost: number }
  /** `word` is what the question calls the column. */
  | { readonly kind: 'groups'; readonly word: string };

/** One thing that is asked. */
export interface Part {
  readonly want: Want;
  readonly filter: Filter;
}

export interface Question {
  readonly text: string;
  readonly parts: readonly Part[];
  /** SQL that the question holds in backticks, to be run as it is. */
  readonly statements: readonly string[];
  readonly pages: readonly string[];
  /** What is to be done with the answer, where the question wants it sent somewhere. */
  readonly errand: { readonly method: string; readonly url: string } | null;
}

const inputSchema = z.object({ question: z.string(), pages: z.array(z.string()).default([]) });

/** Reads the first message of a run: its input as JSON, or words alone. */
export function readQuestion(message: string): Question {
  const input = inputSchema.safeParse(jsonOf(message)).data ?? { question: message, pages: [] };
  const words = withoutSentinels(input.question);
  const errand = errandIn(words);
  const statements = [...words.matchAll(/`([^`]+)`/g)].map(([, statement = '']) => statement);
  const named = [...words.matchAll(address)].map(([url]) => url.replace(/[.,;:!?)]+$/, ''));
  const pages = [...new Set([...input.pages, ...named])].filter((url) => url !== errand?.url);
  const text = words.replace(/`[^`]*`/g, ' ').replace(address, ' ');
  return { text, parts: partsIn(text), statements, pages, errand };
}

const address = /https?:\/\/[^\s"'<>`]+/g;

const errandWords =
  /\b(?<method>post|put|patch|delete)\b(?:\s+[\w']+){0,4}?\s+(?<url>https?:\/\/[^\s"'<>`]*[^\s"'<>`.,;:!?)])/iu;

function errandIn(words: string): Question['errand'] {
  const { method, url } = errandWords.exec(words)?.groups ?? {};
  return method === undefined || url === undefined ? null : { method: method.toUpperCase(), url };
}

/** "of them" stands for what the part before was about. */
function partsIn(text: string): readonly Part[] {
  const parts: Part[] = [];
  for (const clause of text.split(clauseEnd)) {
    const want = wantIn(clause);
    if (want === null) continue;
    const before = /\b(?:them|those|these|they)\b/iu.test(clause)
      ? parts.at(-1)?.filter
      : undefined;
    parts.push({ want, filter: narrowed(before ?? everything, filterIn(clause)) });
  }
  return parts;
}

const clauseEnd =
  /[?!;\n]|[.,](?=\s)|\s+(?:and|then)\s+(?=how\b|which\b|what\b|who\b|list\b|show\b|count\b)/iu;

const everything: Filter = { ids: [], statuses: [], overCents: null, underCents: null, days: null };

const narrowed = (before: Filter, more: Filter): Filter => ({
  ids: more.ids.length > 0 ? more.ids : before.ids,
  statuses: more.statuses.length > 0 ? more.statuses : before.statuses,
  overCents: more.overCents ?? before.overCents,
  underCents: more.underCents ?? before.underCents,
  days: more.days ?? before.days,
});

/** Rows that a list shows when it does not say how many. */
const listedRows = 20;
const largestList = 100;

function wantIn(clause: string): Want | null {
  const group = /\b(?:by|per|for each|in each)\s+["'“]?(?<word>[a-z_]{2,40})/iu.exec(
    clause,
  )?.groups;
  if (group?.['word'] !== undefined) return { kind: 'groups', word: group['word'].toLowerCase() };
  if (/\baverage\b|\bmean\b|\bon average\b/iu.test(clause)) return { kind: 'average' };
  if (/\bhow many\b|\bcount\b|\bnumber of\b/iu.test(clause)) return { kind: 'count' };
  if (/\btotal\b|\bsum\b|\baltogether\b|\bworth\b|\bhow much\b/iu.test(clause))
    return { kind: 'total' };
  if (
    /\bwhich\b|\blist\b|\bshow\b|\blargest\b|\bdearest\b|\bbiggest\b|\btop\b|\border\s+#?\d/iu.test(
      clause,
    )
  ) {
    const asked = /\b(?:top|largest|dearest|biggest|first|the)\s+(?<number>\d{1,3})\b/iu.exec(
      clause,
    );
    const number = Number(asked?.groups?.['number'] ?? listedRows);
    return { kind: 'rows', atMost: Math.min(Math.max(number, 1), largestList) };
  }
  return null;
}

function filterIn(clause: string): Filter {
  return {
    ids: [...clause.matchAll(/\border\s+#?(\d{1,12})\b/giu)].map(([, id = '']) => id),
    statuses: orderStatuses.filter((status) => new RegExp(`\\b${status}\\b`, 'iu').test(clause)),
    overCents: centsBehind(/\b(?:over|above|more than|exceed(?:s|ing)?)/u, clause),
    underCents: centsBehind(/\b(?:under|below|less than|cheaper than)/u, clause),
    days: daysIn(clause),
  };
}

function centsBehind(words: RegExp, clause: string): number | null {
  const amount = String.raw`\s+(?:€|eur\s)?\s*(?<whole>\d[\d,]{0,11})(?:\.(?<cents>\d{2}))?`;
  const { whole, cents = '0' } =
    new RegExp(`${words.source}${amount}`, 'iu').exec(clause)?.groups ?? {};
  return whole === undefined ? null : Number(whole.replaceAll(',', '')) * 100 + Number(cents);
}

const daysOf = { day: 1, week: 7, month: 30, year: 365 } as const;
const otherTimes =
  /\b(?:yesterday|since|ago|before|after|(?:this|next) (?:week|month|year)|january|february|march|april|june|july|august|september|october|november|december|\d{4}-\d{2})\b/iu;

function daysIn(clause: string): Filter['days'] {
  if (/\btoday\b/iu.test(clause)) return 0;
  const span = /\b(?:last|past)\s+(?:(?<number>\d{1,3})\s+)?(?<unit>day|week|month|year)s?\b/iu;
  const { number = '1', unit } = span.exec(clause)?.groups ?? {};
  if (unit !== undefined) return Number(number) * daysOf[unit.toLowerCase() as keyof typeof daysOf];
  return otherTimes.test(clause) ? 'unclear' : null;
}
