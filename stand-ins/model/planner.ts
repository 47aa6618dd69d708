/**
 * Decides the next turn from nothing but the conversation and the tools that are offered. It keeps
 * no state and knows no order: retries, parallel runs and restarts get what they would have got.
 */
import { blocksOf, type ConversationMessage } from '../../contracts/conversation.js';
import { isAnalysts, planAnalysis } from './analyst/plan-analysis.js';
import { readFacts, type Facts } from './facts.js';
import { asksForOrder, asksForSingleCalls, textOf } from './faults.js';
import { askedRefunds, confirmationIn, standingOf, type Standing } from './outcomes.js';
import type { Plan } from './plan.js';
import { unfold } from './summary.js';
import { planPaperwork, tellPaperwork, type Papers } from './paperwork.js';
import { readTask, type Task } from './task.js';
import { wordForCustomer, wordMoney, wordOrders, wordStanding } from './wording.js';

type Standings = readonly (readonly [orderId: string, Standing])[];

/** The next turn of a conversation that the rules allow. */
export function plan(sent: readonly ConversationMessage[], tools: ReadonlySet<string>): Plan {
  const messages = unfold(sent);
  const asked = askedIn(messages);
  const whole = isAnalysts(tools)
    ? planAnalysis(messages, asked, tools)
    : planDesk(messages, asked, tools);
  return asksForSingleCalls(asked) ? { ...whole, calls: whole.calls.slice(0, 1) } : whole;
}

function planDesk(
  messages: readonly ConversationMessage[],
  message: string,
  tools: ReadonlySet<string>,
): Plan {
  const task = readTask(message);
  const planOf = asksForOrder(message) ? planInOrder : planAtOnce;
  return planOf(messages, message, task, tools);
}

/** Goes on at the last order that anything is known of: those before it are done. */
function planInOrder(
  messages: readonly ConversationMessage[],
  message: string,
  task: Task,
  tools: ReadonlySet<string>,
): Plan {
  const { lookups, refunds } = readFacts(messages);
  const reached = task.orders.findLastIndex(
    ({ orderId }) => lookups.has(orderId) || refunds.has(orderId),
  );
  for (const order of task.orders.slice(Math.max(0, reached))) {
    const one = planAtOnce(messages, message, { ...task, orders: [order] }, tools);
    if (one.calls.length > 0) return one;
  }
  return final(`I have seen to ${wordOrders(task.orders.map(({ orderId }) => orderId))}.`);
}

function planAtOnce(
  messages: readonly ConversationMessage[],
  message: string,
  task: Task,
  tools: ReadonlySet<string>,
): Plan {
  if (task.orders.length === 0 && task.errands.note === null) {
    return final(
      'I found no order to work on in the message. Which order is it? No refund was made.',
    );
  }
  const facts = readFacts(messages);
  const unknown = task.orders.filter(({ orderId }) => !facts.lookups.has(orderId));
  if (unknown.length > 0)
    return lookUp(
      unknown.map(({ orderId }) => orderId),
      tools,
    );
  const asked = askedRefunds(messages);
  const standings: Standings = task.orders.map((order) => [
    order.orderId,
    marked(standingOf(order, facts, asked, task.wantsRefund), facts),
  ]);
  const papers: Papers = {
    errands: task.errands,
    message,
    standings,
    report: tellOrders(standings).join('\n'),
  };
  return (
    refund(standings, task, tools) ??
    doPaperwork(papers, facts, tools) ??
    tellCustomers(standings, task, facts, tools) ??
    final(report(papers, task, facts, tools))
  );
}

const final = (text: string): Plan => ({ text, calls: [] });

/** What people wrote: the user messages that carry no tool results. */
const askedIn = (messages: readonly ConversationMessage[]): string =>
  messages
    .filter(({ role }) => role === 'user')
    .filter((message) => !blocksOf(message).some(({ type }) => type === 'tool_result'))
    .map((message) => textOf(message))
    .join('\n');

function lookUp(ids: readonly string[], tools: ReadonlySet<string>): Plan {
  if (!tools.has('lookup_order')) {
    return final(`I can't look up ${wordOrders(ids)} here, so no refund was made.`);
  }
  return {
    text: `I'll look up ${wordOrders(ids)}.`,
    calls: ids.map((orderId) => ({ name: 'lookup_order', input: { orderId } })),
  };
}

function refund(standings: Standings, task: Task, tools: ReadonlySet<string>): Plan | null {
  const due = standings.flatMap(([orderId, standing]) =>
    standing.kind === 'due' ? [{ orderId, ...standing }] : [],
  );
  if (due.length === 0 || !tools.has('issue_refund')) return null;
  const parts = due.map(
    ({ orderId, order, amountCents }) =>
      `${wordMoney(amountCents, order.currency)} for order ${orderId}`,
  );
  return {
    text: `I'll refund ${parts.join(', ')}.`,
    calls: due.map(({ orderId, order, amountCents }) => ({
      name: 'issue_refund',
      input: { orderId, amountCents, currency: order.currency, reason: task.reason },
    })),
  };
}

function doPaperwork(papers: Papers, facts: Facts, tools: ReadonlySet<string>): Plan | null {
  const calls = planPaperwork(papers, facts, tools);
  return calls.length === 0 ? null : { text: "I'll see to the rest.", calls };
}

/** One mail to each customer, about their own orders only. */
function tellCustomers(
  standings: Standings,
  task: Task,
  facts: Facts,
  tools: ReadonlySet<string>,
): Plan | null {
  if (task.mail === null || !tools.has('send_email') || facts.mails.size > 0) return null;
  const lines = new Map<string, string[]>();
  const ids = new Map<string, string[]>();
  for (const [orderId, standing] of standings) {
    const to = recipientOf(orderId, task, facts);
    if (to === null) continue;
    lines.set(to, [...(lines.get(to) ?? []), wordForCustomer(orderId, standing)]);
    ids.set(to, [...(ids.get(to) ?? []), orderId]);
  }
  if (lines.size === 0) return null;
  return {
    text: lines.size === 1 ? "I'll tell the customer." : "I'll tell the customers.",
    calls: [...lines].map(([to, sentences]) => ({
      name: 'send_email',
      input: {
        to,
        subject: `Your ${wordOrders(ids.get(to) ?? [])}`,
        text: ['Hello,', ...sentences, 'Kind regards'].join('\n\n'),
      },
    })),
  };
}

/** The address the message gives, else the customer's; nobody is written to about no order. */
function recipientOf(orderId: string, task: Task, facts: Facts): string | null {
  const lookup = facts.lookups.get(orderId);
  if (lookup?.kind !== 'done') return null;
  return task.mail?.to ?? lookup.data.customerEmail ?? task.mail?.mentioned ?? null;
}

const tellOrders = (standings: Standings): readonly string[] =>
  standings.map(([orderId, standing]) =>
    (wordConfirmed(standing) ?? wordStanding(orderId, standing)).trim(),
  );

function report(papers: Papers, task: Task, facts: Facts, tools: ReadonlySet<string>): string {
  const errands = tellPaperwork(papers, facts, tools);
  // Where something was to be done, nobody asked how the order stands.
  const told = papers.standings.filter(
    ([, { kind }]) => errands.length === 0 || kind !== 'only-asked',
  );
  const sentences = [...tellOrders(told), ...errands];
  for (const [to, mail] of facts.mails) {
    const by = mail.kind === 'unclear' ? confirmationIn(mail.text)?.confirmedBy : undefined;
    if (mail.kind === 'done') sentences.push(`The customer was told (${mail.data.to}).`);
    else if (mail.kind === 'not-done') sentences.push(`No mail was sent to ${to}. ${mail.text}`);
    else if (by !== undefined) {
      sentences.push(`The customer was told (${to}), confirmed by ${by}.`);
    } else sentences.push(`I can't tell whether the mail to ${to} was sent. ${mail.text}`);
  }
  if (task.mail !== null && facts.mails.size === 0) {
    sentences.push(
      tools.has('send_email')
        ? 'No mail was sent: I have no address of the customer.'
        : "No mail was sent: I can't send mail here.",
    );
  }
  return sentences.map((sentence) => sentence.trim()).join('\n');
}

/** An order that was marked is as it was marked. */
function marked(standing: Standing, facts: Facts): Standing {
  if (standing.kind !== 'only-asked') return standing;
  const change = facts.statuses.get(standing.order.orderId);
  if (change?.kind !== 'done') return standing;
  return { ...standing, order: { ...standing.order, status: change.data.status } };
}

/** The sentence about a refund that a person vouches for; null for any other standing. */
function wordConfirmed(standing: Standing): string | null {
  if (standing.kind !== 'refunded' || standing.confirmation === null) return null;
  const { orderId, amountCents, currency } = standing.refund;
  const { confirmedBy, externalRef } = standing.confirmation;
  const found = externalRef === null ? '' : ` (${externalRef})`;
  const money = wordMoney(amountCents, currency);
  return `Order ${orderId}: refunded ${money}${found}, confirmed by ${confirmedBy}.`;
}
