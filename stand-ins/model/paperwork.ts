/** Plans and tells what is done about an order besides its money: its status, tickets and notes. */
import type { Errands } from './errands.js';
import type { Facts, Outcome } from './facts.js';
import { confirmationIn, type Standing } from './outcomes.js';
import type { PlannedCall } from './plan.js';

type Standings = readonly (readonly [orderId: string, Standing])[];

/** What the calls are made of: the errands, the message in its own words, and the orders. */
export interface Papers {
  readonly errands: Errands;
  readonly message: string;
  readonly standings: Standings;
  /** What was done, as a note says it that has no words of its own. */
  readonly report: string;
}

/** The calls that are still to be made, of the tools that there are. */
export function planPaperwork(
  { errands, message, standings, report }: Papers,
  facts: Facts,
  tools: ReadonlySet<string>,
): readonly PlannedCall[] {
  const { status, wantsTicket, note } = errands;
  const calls: PlannedCall[] = [];
  for (const [orderId, standing] of standings) {
    if (status !== null && mayMark(standing) && !facts.statuses.has(orderId))
      calls.push({ name: 'set_order_status', input: { orderId, status } });
    const requester = customerOf(facts, orderId);
    const subject = subjectOf(orderId);
    if (wantsTicket && requester !== null && !facts.tickets.has(subject))
      calls.push({ name: 'create_ticket', input: { subject, body: message, requester } });
  }
  const text = note?.text ?? report;
  if (note !== null && text !== '' && !facts.notes.has(note.ticketId))
    calls.push({ name: 'put_note', input: { ticketId: note.ticketId, text } });
  return calls.filter(({ name }) => tools.has(name));
}

/** A sentence about each errand: what was done, or why not. */
export function tellPaperwork(
  { errands, standings, report }: Papers,
  facts: Facts,
  tools: ReadonlySet<string>,
): readonly string[] {
  const { status, wantsTicket, note } = errands;
  const ids = standings.map(([orderId]) => orderId);
  return [
    ...(status === null
      ? []
      : standings.map(([id, at]) => tellStatus(id, at, status, facts, tools))),
    ...(wantsTicket ? ids.map((id) => tellTicket(id, facts, tools)) : []),
    ...(note === null ? [] : [tellNote(note.ticketId, note.text ?? report, facts, tools)]),
  ];
}

/** An order whose refund was asked for and not made is left as it is. */
const mayMark = ({ kind }: Standing): boolean =>
  ['refunded', 'already-refunded', 'only-asked'].includes(kind);

const subjectOf = (orderId: string): string => `Order ${orderId}`;

function customerOf(facts: Facts, orderId: string): string | null {
  const lookup = facts.lookups.get(orderId);
  return lookup?.kind === 'done' ? (lookup.data.customerEmail ?? null) : null;
}

function tellStatus(
  orderId: string,
  standing: Standing,
  status: string,
  facts: Facts,
  tools: ReadonlySet<string>,
): string {
  const not = `Order ${orderId} was not marked as ${status}`;
  if (!mayMark(standing)) return `${not}.`;
  if (!tools.has('set_order_status')) return `${not}: I can't do that here.`;
  return tell(facts.statuses.get(orderId), {
    done: (data) => `Order ${orderId} is marked as ${data.status}; it was ${data.previousStatus}`,
    not,
    whether: `order ${orderId} was marked as ${status}`,
  });
}

function tellTicket(orderId: string, facts: Facts, tools: ReadonlySet<string>): string {
  const not = `No ticket was opened about order ${orderId}`;
  if (customerOf(facts, orderId) === null) return `${not}: I know of no customer.`;
  if (!tools.has('create_ticket')) return `${not}: I can't do that here.`;
  return tell(facts.tickets.get(subjectOf(orderId)), {
    done: ({ ticketId }) => `Ticket ${ticketId} is open about order ${orderId}`,
    not,
    whether: `a ticket was opened about order ${orderId}`,
  });
}

function tellNote(
  ticketId: string,
  text: string,
  facts: Facts,
  tools: ReadonlySet<string>,
): string {
  const not = `No note was written on ticket ${ticketId}`;
  if (text === '') return `${not}. What is it to say?`;
  if (!tools.has('put_note')) return `${not}: I can't do that here.`;
  return tell(facts.notes.get(ticketId), {
    done: () => `The note is on ticket ${ticketId}`,
    not,
    whether: `the note is on ticket ${ticketId}`,
  });
}

interface Telling<Data> {
  readonly done: (data: Data) => string;
  readonly not: string;
  readonly whether: string;
}

function tell<Data>(
  outcome: Outcome<Data> | undefined,
  { done, not, whether }: Telling<Data>,
): string {
  if (outcome?.kind === 'done') return `${done(outcome.data)}. ${outcome.note}`.trim();
  if (outcome?.kind !== 'unclear') return `${not}. ${outcome?.text ?? ''}`.trim();
  const by = confirmationIn(outcome.text)?.confirmedBy;
  return by === undefined
    ? `I can't tell whether ${whether}. ${outcome.text}`
    : `It is so that ${whether}, confirmed by ${by}.`;
}
