/** The two requests that change something: read strictly, failed where they ask for it, then done. */
import type { z } from 'zod';
import { sha256Hex } from '../../runtime/digest.js';
import { refusals, type Answer } from './answer.js';
import { requestedFault, type Fault } from './faults.js';
import { newTicketSchema, noteIdSchema, noteSchema } from './ticket.js';
import type { Tickets } from './tickets.js';

/** An answer, or none: the connection breaks, or stays open without a word. */
export type Reply = Answer | 'lost' | 'never';

interface Deps {
  readonly tickets: Tickets;
  /** What `[desk-slow]` waits for. */
  readonly pause: () => Promise<void>;
}

/** `POST /tickets`. Every one that is not refused makes another ticket. */
export async function createTicket(deps: Deps, body: string): Promise<Reply> {
  const given = readBody(body, newTicketSchema);
  if ('refusal' in given) return given.refusal;
  const { subject, body: text } = given.value;
  return withFaults(deps, `${subject} ${text}`, `POST /tickets ${body}`, () => {
    const ticket = deps.tickets.create(given.value);
    return { status: 201, body: ticket, headers: { location: `/tickets/${ticket.id}` } };
  });
}

/** `PUT /tickets/:id/notes/:noteId`. The same one again leaves things as they are. */
export async function putNote(
  deps: Deps,
  ticketId: string,
  noteId: string,
  body: string,
): Promise<Reply> {
  const given = readBody(body, noteSchema);
  if ('refusal' in given) return given.refusal;
  if (!noteIdSchema.safeParse(noteId).success) return refusals.badFields(['noteId: is not usable']);
  const ticket = deps.tickets.find(ticketId);
  if (ticket === null) return refusals.unknownTicket(ticketId);
  if (ticket.status === 'closed') return refusals.closed(ticketId);
  const { text } = given.value;
  return withFaults(deps, text, `PUT ${ticketId} ${noteId} ${body}`, () => {
    const { note, isNew } = deps.tickets.putNote(ticketId, noteId, text);
    return { status: isNew ? 201 : 200, body: note };
  });
}

async function withFaults(
  { tickets, pause }: Deps,
  text: string,
  request: string,
  act: () => Answer,
): Promise<Reply> {
  const requestDigest = sha256Hex(request);
  const fault = tickets.wasFaulted(requestDigest) ? null : requestedFault(text);
  if (fault === null) return act();
  tickets.noteFault(fault, requestDigest);
  return fail(fault, act, pause);
}

async function fail(fault: Fault, act: () => Answer, pause: () => Promise<void>): Promise<Reply> {
  switch (fault) {
    case '500':
      return refusals.serverError();
    case 'busy':
      return refusals.tooMany();
    case 'stall':
      return 'never';
    case 'slow':
      await pause();
      return act();
    case '500-after':
      act();
      return refusals.serverError();
    case 'lost-reply':
      act();
      return 'lost';
  }
}

function readBody<Value>(
  text: string,
  schema: z.ZodType<Value>,
): { readonly value: Value } | { readonly refusal: Answer } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { refusal: refusals.badJson() };
  }
  const { success, data, error } = schema.safeParse(json);
  if (success) return { value: data };
  const problems = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  return { refusal: refusals.badFields(problems) };
}
