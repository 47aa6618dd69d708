/** The help desk of a test: a client for it, and a look at what it has. */
import { createDesk } from '../../activities/tools/desk-client.js';
import type { Desk } from '../../activities/tools/desk.js';
import type { Note, Ticket } from '../../stand-ins/desk/ticket.js';

const token = 'desk_test_stand_in';
const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };

/** A client of the desk at this address. */
export const deskAt = (url: string): Desk => createDesk({ url, token, connectTimeoutMs: 2_000 });

/** Every ticket that was ever made there, as it was made; oldest first. */
export async function ticketsIn({ url }: { readonly url: string }): Promise<readonly Ticket[]> {
  const answer = await fetch(`${url}/journal`);
  const { data } = (await answer.json()) as { data: readonly { ticket?: Ticket }[] };
  return data.flatMap(({ ticket }) => ticket ?? []);
}

/** The notes on a ticket. */
export async function notesOn(
  { url }: { readonly url: string },
  ticketId: string,
): Promise<readonly Note[]> {
  const answer = await fetch(`${url}/tickets/${ticketId}`, { headers });
  return ((await answer.json()) as Ticket).notes;
}

/** Opens a ticket and returns its id. */
export async function openTicket({ url }: { readonly url: string }, body: string): Promise<string> {
  const ticket = JSON.stringify({ subject: 'Broken', body, requester: 'eve@example.com' });
  const answer = await fetch(`${url}/tickets`, { method: 'POST', headers, body: ticket });
  return ((await answer.json()) as Ticket).id;
}
