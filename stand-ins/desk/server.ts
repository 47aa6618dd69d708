/** The help desk stand-in: tickets and notes over HTTP, no idempotency keys, a search that lags. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { listen, readBody, sendJson, type RunningStandIn } from '../http.js';
import { openJournal } from '../journal.js';
import { refusals, type Answer } from './answer.js';
import { createTicket, putNote, type Reply } from './change.js';
import { openTickets, type Entry, type Tickets } from './tickets.js';

/** How long after it was made a ticket is not found by a search, in milliseconds. */
export const searchLagMs = 300;

export interface DeskOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly journalPath: string;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
  /** What `[desk-slow]` waits for; three seconds by default. */
  readonly pause?: () => Promise<void>;
}

/** It keeps no process alive. */
const slowly = () => wait(3_000, undefined, { ref: false });

interface Desk {
  readonly tickets: Tickets;
  readonly pause: () => Promise<void>;
  readonly entries: () => readonly Entry[];
}

/** Starts it. Everything that an earlier process answered is still true. */
export async function startDeskStandIn(options: DeskOptions): Promise<RunningStandIn> {
  const { port, journalPath, now = Date.now, pause = slowly } = options;
  const journal = openJournal<Entry>(journalPath);
  const tickets = openTickets(journal, now, searchLagMs);
  const desk = { tickets, pause, entries: () => journal.entries() };
  const server = createServer((request, response) => {
    answer(request, response, desk).catch(() => response.destroy());
  });
  return listen(server, port, () => journal.close());
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Desk,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/livez') return sendJson(response, { status: 200, body: { status: 'ok' } });
  if (url.pathname === '/journal') {
    return sendJson(response, { status: 200, body: { data: desk.entries() } });
  }
  const reply = isTestToken(request.headers.authorization)
    ? await route(request, url, desk)
    : refusals.unauthenticated();
  if (reply === 'never') return;
  if (reply === 'lost') {
    response.destroy();
    return;
  }
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  sendJson(response, reply);
}

async function route(request: IncomingMessage, url: URL, desk: Desk): Promise<Reply> {
  const method = request.method ?? '';
  const [, id, noteId] = /^\/tickets(?:\/([^/]+)(?:\/notes\/([^/]+))?)?$/.exec(url.pathname) ?? [];
  switch (`${method} ${shapeOf(url.pathname, id, noteId)}`) {
    case 'GET /tickets':
      return search(desk.tickets, url.searchParams);
    case 'GET /tickets/:id':
      return read(desk.tickets, id ?? '');
    case 'POST /tickets':
      return changing(request, (body) => createTicket(desk, body));
    case 'PUT /tickets/:id/notes/:noteId':
      return changing(request, (body) => putNote(desk, id ?? '', noteId ?? '', body));
    default:
      return refusals.unknownPath(method, url.pathname);
  }
}

function shapeOf(path: string, id: string | undefined, noteId: string | undefined): string | null {
  if (noteId !== undefined) return '/tickets/:id/notes/:noteId';
  if (id !== undefined) return '/tickets/:id';
  return path === '/tickets' ? path : null;
}

async function changing(
  request: IncomingMessage,
  change: (body: string) => Promise<Reply>,
): Promise<Reply> {
  const body = await readBody(request);
  const type = request.headers['content-type']?.split(';')[0];
  return type === 'application/json' ? change(body) : refusals.notJson();
}

function search(tickets: Tickets, query: URLSearchParams): Answer {
  const [[name, externalRef] = [], ...more] = [...query];
  if (name !== 'externalRef' || !externalRef || more.length > 0) return refusals.badQuery();
  return { status: 200, body: { data: tickets.search(externalRef) } };
}

function read(tickets: Tickets, id: string): Answer {
  const ticket = tickets.find(id);
  return ticket === null ? refusals.unknownTicket(id) : { status: 200, body: ticket };
}

const isTestToken = (header: string | undefined): boolean =>
  /^bearer desk_test_\w{1,200}$/i.test(header ?? '');
