/** The desk's requests and answers, and every failure of one as an outcome of ours. */
import { z } from 'zod';
import type { ToolOutcome } from '../tool.js';
import type { Desk, DeskReply, DeskTicket } from './desk.js';
import {
  createDeskHttp,
  DeskConnectionError,
  type DeskAnswer,
  type DeskCall,
  type DeskOptions,
  type SendToDesk,
} from './desk-http.js';

const ticketSchema = z.object({
  id: z.string().min(1).max(100),
  externalRef: z.string().nullish().default(null),
});
const searchSchema = z.object({ data: z.array(ticketSchema).max(100) });
const errorSchema = z.object({ error: z.object({ code: z.string().regex(/^\w{1,64}$/) }) });

/** Builds the client. Nothing connects before it is used. */
export function createDesk(options: DeskOptions): Desk {
  const send = createDeskHttp(options);
  return {
    createTicket: (ticket, { signal }) =>
      change(send, { method: 'POST', path: '/tickets', body: ticket, signal }, ticketOf),
    putNote(ticketId, noteId, text, { signal }) {
      const [ticket, note] = [ticketId, noteId].map(encodeURIComponent);
      const path = `/tickets/${ticket}/notes/${note}`;
      return change(send, { method: 'PUT', path, body: { text }, signal }, () => null);
    },
    async findTickets(externalRef, { signal }) {
      const path = `/tickets?externalRef=${encodeURIComponent(externalRef)}`;
      const answer = await send({ method: 'GET', path, signal }).catch(unanswered);
      const found = 'status' in answer ? searchSchema.safeParse(answer.json).data?.data : undefined;
      if (!('status' in answer) || answer.status !== 200 || found === undefined)
        return { kind: 'inconclusive', code: 'tool-unreachable' };
      // A desk that leaves the reference out of account says nothing about ours.
      const isAboutThis = found.every((ticket) => ticket.externalRef === externalRef);
      return isAboutThis
        ? { kind: 'answered', tickets: found }
        : { kind: 'inconclusive', code: 'tool-unreachable' };
    },
  };
}

const ticketOf = (json: unknown): DeskTicket | undefined => ticketSchema.safeParse(json).data;

/** Sends what changes something; `read` makes the value of a good answer, undefined for no sense. */
async function change<Value>(
  send: SendToDesk,
  call: DeskCall,
  read: (json: unknown) => Value | undefined,
): Promise<DeskReply<Value>> {
  const answer = await send(call).catch(unanswered);
  if (!('status' in answer)) return outcomeWithoutAnswer(answer);
  if (answer.status !== 200 && answer.status !== 201) return outcomeOfStatus(answer);
  const value = read(answer.json);
  return value === undefined
    ? { kind: 'unknown', code: 'tool-unreachable' }
    : { kind: 'answered', value };
}

function unanswered(error: unknown): DeskConnectionError {
  if (error instanceof DeskConnectionError) return error;
  throw error;
}

type Failure = Exclude<ToolOutcome, { kind: 'done' }>;

const outcomeWithoutAnswer = ({ mayBeSent }: DeskConnectionError): Failure => ({
  kind: mayBeSent ? 'unknown' : 'not-sent',
  code: 'tool-unreachable',
});

/**
 * What an answer other than "done" means. 4xx says that the desk did not do it (RFC 9110 §15.5),
 * but for 408, which a proxy may say of a request that went through. All else says nothing.
 */
function outcomeOfStatus(answer: DeskAnswer): Failure {
  const { status } = answer;
  if (status === 429) return { kind: 'not-sent', code: 'tool-unreachable', ...waitOf(answer) };
  if (status >= 400 && status < 500 && status !== 408)
    return { kind: 'refused', message: `The help desk refused it: ${reasonOf(answer)}.` };
  return { kind: 'unknown', code: 'tool-unreachable' };
}

/** The desk's own code, never its sentences: those may quote what was sent. */
const reasonOf = ({ status, json }: DeskAnswer): string =>
  errorSchema.safeParse(json).data?.error.code ?? `status ${status}`;

function waitOf({ retryAfter }: DeskAnswer): { retryAfterMs?: number } {
  const seconds = Number(retryAfter);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {};
}
