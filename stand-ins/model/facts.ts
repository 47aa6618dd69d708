/** Reads from a conversation what its tool calls came to. */
import { z } from 'zod';
import { blocksOf } from '../../contracts/conversation.js';
import type { ContentBlock, ConversationMessage } from '../../contracts/conversation.js';

/** What `lookup_order` returns. */
const orderSchema = z.object({
  orderId: z.coerce.string(),
  status: z.string().default('unknown'),
  totalCents: z.int().min(0),
  currency: z.string().min(1),
  customerEmail: z.string().nullish(),
  refundedCents: z.int().min(0).default(0),
});
const refundSchema = z.object({
  refundId: z.string(),
  orderId: z.coerce.string(),
  amountCents: z.int(),
  currency: z.string(),
  status: z.string().default('succeeded'),
});
const statusSchema = z.object({
  orderId: z.coerce.string(),
  status: z.string(),
  previousStatus: z.string(),
});
const ticketSchema = z.object({ ticketId: z.string() });
const noteSchema = z.object({ ticketId: z.string(), noteId: z.string() });
const mailSchema = z.object({ messageId: z.string(), to: z.string() });

export type Order = z.infer<typeof orderSchema>;
export type Refund = z.infer<typeof refundSchema>;

/** What a call came to: what the tool returned, or the sentence that says why not. */
export type Outcome<Data> =
  | { readonly kind: 'done'; readonly data: Data; readonly note: string }
  | { readonly kind: 'not-done'; readonly text: string }
  /** No error, and nothing that this tool returns either. */
  | { readonly kind: 'unclear'; readonly text: string };

export interface Facts {
  /** By the order id that was asked for. */
  readonly lookups: ReadonlyMap<string, Outcome<Order>>;
  readonly refunds: ReadonlyMap<string, Outcome<Refund>>;
  /** By the order id that was asked for. */
  readonly statuses: ReadonlyMap<string, Outcome<z.infer<typeof statusSchema>>>;
  /** By the subject that was asked for. */
  readonly tickets: ReadonlyMap<string, Outcome<z.infer<typeof ticketSchema>>>;
  /** By the ticket that was asked for. */
  readonly notes: ReadonlyMap<string, Outcome<z.infer<typeof noteSchema>>>;
  /** By the address that was asked for. */
  readonly mails: ReadonlyMap<string, Outcome<z.infer<typeof mailSchema>>>;
}

/** A call that was cut off was none: it is to be made again. */
const asksAnew = ({ content }: ContentBlock): boolean =>
  textsOf(content).some((text) => /Ask anew\."?$/u.test(text));

/** Collects the outcome of every call that was answered; of two for one thing the last counts. */
export function readFacts(messages: readonly ConversationMessage[]): Facts {
  const calls = new Map<string, ContentBlock>();
  const facts = {
    lookups: new Map<string, Outcome<Order>>(),
    refunds: new Map<string, Outcome<Refund>>(),
    statuses: new Map<string, Outcome<z.infer<typeof statusSchema>>>(),
    tickets: new Map<string, Outcome<z.infer<typeof ticketSchema>>>(),
    notes: new Map<string, Outcome<z.infer<typeof noteSchema>>>(),
    mails: new Map<string, Outcome<z.infer<typeof mailSchema>>>(),
  };
  for (const block of messages.flatMap((message) => [...blocksOf(message)])) {
    if (block.type === 'tool_use') calls.set(block.id ?? '', block);
    const call = block.type === 'tool_result' ? calls.get(block.tool_use_id ?? '') : undefined;
    if (call === undefined || asksAnew(block)) continue;
    const input = z.record(z.string(), z.unknown()).catch({}).parse(call.input);
    const given = (name: string) => String(input[name]);
    switch (call.name) {
      case 'lookup_order':
        facts.lookups.set(given('orderId'), outcomeOf(block, orderSchema));
        break;
      case 'issue_refund':
        facts.refunds.set(given('orderId'), outcomeOf(block, refundSchema));
        break;
      case 'set_order_status':
        facts.statuses.set(given('orderId'), outcomeOf(block, statusSchema));
        break;
      case 'create_ticket':
        facts.tickets.set(given('subject'), outcomeOf(block, ticketSchema));
        break;
      case 'put_note':
        facts.notes.set(given('ticketId'), outcomeOf(block, noteSchema));
        break;
      case 'send_email':
        facts.mails.set(given('to'), outcomeOf(block, mailSchema));
        break;
    }
  }
  return facts;
}

function outcomeOf<Data>(result: ContentBlock, schema: z.ZodType<Data>): Outcome<Data> {
  const texts = textsOf(result.content);
  // People's no is an answer, not an error to be tried again.
  const isNo = texts[0]?.startsWith('Not made') === true;
  if (result.is_error === true || isNo) return { kind: 'not-done', text: texts.join(' ') };
  for (const text of texts) {
    const parsed = schema.safeParse(jsonOf(text));
    if (!parsed.success) continue;
    const note = texts.filter((other) => other !== text).join(' ');
    return { kind: 'done', data: parsed.data, note };
  }
  return { kind: 'unclear', text: texts.join(' ') };
}

const contentSchema = z.union([
  z.string().transform((text) => [text]),
  z
    .array(z.looseObject({ text: z.string().default('') }))
    .transform((blocks) => blocks.map(({ text }) => text)),
]);

/** The texts of a tool's result, without blank ones. */
export const textsOf = (content: unknown): string[] =>
  contentSchema
    .catch([])
    .parse(content)
    .map((text) => text.trim())
    .filter((text) => text !== '');

/** The JSON value of a text; null where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
