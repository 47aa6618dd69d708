/** The port of a help desk: one request each, and what is certain about it afterwards. */
import type { FailureCode } from '../../contracts/failure.js';
import type { ToolOutcome } from '../tool.js';

export interface DeskTicket {
  readonly id: string;
  readonly externalRef: string | null;
}

interface NewDeskTicket {
  readonly subject: string;
  readonly body: string;
  /** A mail address. */
  readonly requester: string;
  /** What it is found by afterwards. */
  readonly externalRef: string;
}

export interface DeskRequest {
  /** Ends the request, connection included. */
  readonly signal: AbortSignal;
}

/** What the desk answered, or what an effect that got no such answer comes to. */
export type DeskReply<Value> =
  | { readonly kind: 'answered'; readonly value: Value }
  | Exclude<ToolOutcome, { kind: 'done' }>;

/** The tickets of a reference, or the reason why nobody knows. */
export type DeskSearch =
  | { readonly kind: 'answered'; readonly tickets: readonly DeskTicket[] }
  | { readonly kind: 'inconclusive'; readonly code: FailureCode };

/** None of these rejects, and none sends anything twice. */
export interface Desk {
  createTicket(ticket: NewDeskTicket, request: DeskRequest): Promise<DeskReply<DeskTicket>>;
  /** Says what the desk finds now: it may be too early. */
  findTickets(externalRef: string, request: DeskRequest): Promise<DeskSearch>;
  /** Writes the note, in place of one of the same id. */
  putNote(
    ticketId: string,
    noteId: string,
    text: string,
    request: DeskRequest,
  ): Promise<DeskReply<null>>;
}
