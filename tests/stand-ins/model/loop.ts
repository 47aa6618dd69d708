/** Plays an agent's part against a model: sends the conversation and answers its calls. */
import type { ContentBlock, ConversationMessage } from '../../../contracts/conversation.js';
import type { ModelProvider, ModelRequest, ModelTurn } from '../../../activities/models/model.js';

/** What a simulated tool answers: JSON, or the sentence of an error. */
export type Answered = { readonly ok: unknown } | { readonly error: string };
export type Tools = Readonly<
  Record<string, (input: Readonly<Record<string, unknown>>) => Answered>
>;

export interface Played {
  /** The calls of each turn. */
  readonly turns: readonly (readonly { name: string; input: Record<string, unknown> }[])[];
  readonly text: string;
  readonly last: ModelTurn;
}

const maximumTurns = 10;

/** A request that offers the named tools. */
export const requestWith = (
  messages: readonly ConversationMessage[],
  tools: readonly string[] = ['lookup_order', 'issue_refund', 'send_email'],
): ModelRequest => ({
  provider: 'anthropic',
  model: 'claude-sonnet-5-5',
  system: 'You are the refund desk.',
  tools: tools.map((name) => ({
    name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object', properties: {}, additionalProperties: true },
  })),
  messages,
  maxOutputTokens: 4_096,
});

export const userMessage = (text: string): ConversationMessage => ({ role: 'user', content: text });

/** Runs a conversation to its final answer. */
export async function play(model: ModelProvider, text: string, tools: Tools): Promise<Played> {
  const messages: ConversationMessage[] = [userMessage(text)];
  const turns: Played['turns'][number][] = [];
  while (turns.length < maximumTurns) {
    const turn = await model.complete(requestWith(messages, Object.keys(tools)), {
      signal: AbortSignal.timeout(20_000),
    });
    messages.push({ role: 'assistant', content: turn.content });
    const calls = turn.content.filter(({ type }) => type === 'tool_use');
    if (turn.stop === 'final') return { turns, text: textOfTurn(turn), last: turn };
    turns.push(
      calls.map(({ name = '', input }) => ({ name, input: input as Record<string, unknown> })),
    );
    messages.push({ role: 'user', content: calls.map((call) => resultOf(call, tools)) });
  }
  throw new Error('The model never came to an end');
}

export const textOfTurn = (turn: ModelTurn): string =>
  turn.content.map((block) => block.text ?? '').join('');

function resultOf(call: ContentBlock, tools: Tools): ContentBlock {
  const tool = tools[call.name ?? ''];
  if (tool === undefined) throw new Error(`Not offered: ${call.name}`);
  const answer = tool(call.input as Readonly<Record<string, unknown>>);
  const base = { type: 'tool_result', tool_use_id: call.id ?? '' };
  return 'ok' in answer
    ? { ...base, content: JSON.stringify(answer.ok) }
    : { ...base, content: answer.error, is_error: true };
}

/** A shop order as `lookup_order` returns it. */
export const shopOrder = (
  orderId: string,
  totalCents: number,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  orderId,
  status: 'delivered',
  totalCents,
  currency: 'EUR',
  chargeId: `ch_${orderId}`,
  customerEmail: `customer-${orderId}@example.com`,
  refundedCents: 0,
  items: [],
  note: '',
  ...more,
});

/** Tools over a small shop: every refund succeeds unless `refuse` has a sentence for its order. */
export function shopTools(
  orders: readonly Readonly<Record<string, unknown>>[],
  refuse: Readonly<Record<string, string>> = {},
): Tools {
  const byId = new Map(orders.map((order) => [String(order['orderId']), order]));
  return {
    lookup_order: ({ orderId }) => {
      const order = byId.get(String(orderId));
      return order === undefined ? { error: `Order ${String(orderId)} not found.` } : { ok: order };
    },
    issue_refund: ({ orderId, amountCents, currency }) => {
      const sentence = refuse[String(orderId)];
      if (sentence !== undefined) return { error: sentence };
      const refundId = `re_${String(orderId)}`;
      return { ok: { refundId, orderId, amountCents, currency, status: 'succeeded' } };
    },
    send_email: ({ to }) => ({ ok: { messageId: 'mail-1', to } }),
  };
}

/** Those of a shop, and the ones that move no money. Every ticket has the number of its order. */
export function deskTools(
  orders: readonly Readonly<Record<string, unknown>>[],
  refuse: Readonly<Record<string, string>> = {},
): Tools {
  return {
    ...shopTools(orders, refuse),
    set_order_status: ({ orderId, status }) => ({
      ok: { orderId, status, previousStatus: 'delivered' },
    }),
    create_ticket: ({ subject }) => ({
      ok: { ticketId: String(subject).replace('Order ', 'T-'), status: 'open' },
    }),
    put_note: ({ ticketId }) => ({ ok: { ticketId, noteId: 'note-1', status: 'written' } }),
  };
}
