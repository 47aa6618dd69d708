/** The tickets of the desk: rebuilt from the journal at start, on disk before they are answered. */
import type { Journal } from '../journal.js';
import { isBornClosed, type Fault } from './faults.js';
import type { NewTicket, Note, Ticket } from './ticket.js';

/** One line of the journal. */
export type Entry =
  | { readonly kind: 'ticket'; readonly at: string; readonly ticket: Ticket }
  | {
      readonly kind: 'note';
      readonly at: string;
      readonly ticketId: string;
      readonly noteId: string;
      readonly text: string;
    }
  /** A failure was given to this request: the same one is not given it again. */
  | {
      readonly kind: 'fault';
      readonly at: string;
      readonly fault: Fault;
      readonly requestDigest: string;
    };

export interface Tickets {
  /** Makes another one, whatever was made before. */
  create(ticket: NewTicket): Ticket;
  find(id: string): Ticket | null;
  /** Oldest first, without those that are too young to be found. */
  search(externalRef: string): readonly Ticket[];
  /** Writes the note, in place of one of the same id. Says whether it is new. */
  putNote(ticketId: string, noteId: string, text: string): { note: Note; isNew: boolean };
  wasFaulted(requestDigest: string): boolean;
  noteFault(fault: Fault, requestDigest: string): void;
}

/** Opens them over a journal. `now` is in milliseconds since 1970. */
export function openTickets(
  journal: Journal<Entry>,
  now: () => number,
  searchLagMs: number,
): Tickets {
  const tickets = new Map<string, Ticket>();
  const faulted = new Set<string>();
  const learn = (entry: Entry): void => {
    if (entry.kind === 'ticket') tickets.set(entry.ticket.id, entry.ticket);
    if (entry.kind === 'fault') faulted.add(entry.requestDigest);
    const ticket = entry.kind === 'note' ? tickets.get(entry.ticketId) : undefined;
    if (entry.kind !== 'note' || ticket === undefined) return;
    const others = ticket.notes.filter(({ id }) => id !== entry.noteId);
    const note = { id: entry.noteId, text: entry.text, updatedAt: entry.at };
    tickets.set(ticket.id, { ...ticket, notes: [...others, note] });
  };
  const record = (entry: Entry): void => {
    journal.append(entry);
    learn(entry);
  };
  const at = () => new Date(now()).toISOString();
  journal.entries().forEach(learn);
  return {
    create(given) {
      const ticket = newTicket(given, `T-${tickets.size + 1}`, at());
      record({ kind: 'ticket', at: at(), ticket });
      return ticket;
    },
    find: (id) => tickets.get(id) ?? null,
    search: (externalRef) =>
      [...tickets.values()].filter(
        (ticket) =>
          ticket.externalRef === externalRef && now() - Date.parse(ticket.createdAt) >= searchLagMs,
      ),
    putNote(ticketId, noteId, text) {
      const isNew = !tickets.get(ticketId)?.notes.some(({ id }) => id === noteId);
      const updatedAt = at();
      record({ kind: 'note', at: updatedAt, ticketId, noteId, text });
      return { note: { id: noteId, text, updatedAt }, isNew };
    },
    wasFaulted: (requestDigest) => faulted.has(requestDigest),
    noteFault: (fault, requestDigest) => record({ kind: 'fault', at: at(), fault, requestDigest }),
  };
}

const newTicket = (
  { subject, body, requester, externalRef }: NewTicket,
  id: string,
  createdAt: string,
): Ticket => ({
  id,
  subject,
  body,
  requester,
  externalRef: externalRef ?? null,
  status: isBornClosed(`${subject} ${body}`) ? 'closed' : 'open',
  createdAt,
  notes: [],
});
