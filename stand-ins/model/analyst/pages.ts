/** Reads pages, and lists that go on over several of them to their end. */
import { z } from 'zod';
import { jsonOf } from '../facts.js';
import type { PlannedCall } from '../plan.js';
import { wordMoney } from '../wording.js';
import type { Results } from './results.js';

/** A page as far as it was read: the call that comes next, or the sentence that tells it. */
export type PageReading = { readonly next: PlannedCall } | { readonly sentence: string };

const answerSchema = z.object({ status: z.int(), text: z.string().default('') });
const entrySchema = z.looseObject({
  id: z.string().optional(),
  amount: z.int().optional(),
  currency: z.string().optional(),
});
const listSchema = z.object({ data: z.array(entrySchema), has_more: z.boolean().default(false) });
type Entry = z.infer<typeof entrySchema>;

/** Pages of one list that are followed. */
const followedPages = 100;
const quotedCharacters = 200;

/** The call that reads a page. */
export const pageCall = (url: string): PlannedCall => ({
  name: 'http_request',
  input: { method: 'GET', url },
});

/** Reads a page with what is known so far. */
export function readPage(url: string, results: Results): PageReading {
  const entries: Entry[] = [];
  let at = url;
  for (let page = 0; page < followedPages; page += 1) {
    const call = pageCall(at);
    const result = results.of(call);
    if (result === null) return { next: call };
    if (result.kind === 'refused') return { sentence: `I could not read ${at}. ${result.text}` };
    const whole = results.whole(result.value);
    if (whole === null) return { sentence: `${at} is too long for me to read to its end.` };
    if (!('value' in whole)) return { next: whole };
    const answer = answerSchema.safeParse(whole.value).data;
    if (answer === undefined) return { sentence: `${at} gave nothing that I can read.` };
    if (answer.status >= 300) return { sentence: `${at} answered ${answer.status}.` };
    const list = listSchema.safeParse(jsonOf(answer.text)).data;
    if (list === undefined) return { sentence: `${at} says: ${quote(answer.text)}` };
    entries.push(...list.data);
    const last = list.data.at(-1)?.id;
    if (!list.has_more || last === undefined) return { sentence: tellList(url, entries) };
    const next = new URL(url);
    next.searchParams.set('starting_after', last);
    at = next.href;
  }
  return { sentence: `${tellList(url, entries)} There are more, which I did not read.` };
}

function tellList(url: string, entries: readonly Entry[]): string {
  const sums = new Map<string, number>();
  for (const { amount, currency } of entries) {
    if (amount === undefined || currency === undefined) continue;
    const name = currency.toUpperCase();
    sums.set(name, (sums.get(name) ?? 0) + amount);
  }
  const money = [...sums].map(([currency, cents]) => wordMoney(cents, currency)).join(' and ');
  const noun = entries.length === 1 ? 'entry' : 'entries';
  return `${url} lists ${entries.length} ${noun}${money === '' ? '' : `, ${money} altogether`}.`;
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > quotedCharacters ? `${line.slice(0, quotedCharacters)}…` : line;
}
