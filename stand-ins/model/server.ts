/** The stand-in of the Messages API on loopback: checks, plans, answers, and keeps a journal. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sha256Hex } from '../../runtime/digest.js';
import { openJournal, type Journal } from '../journal.js';
import { answerFor, messageOf, randomId } from './answer.js';
import { asksForSlowness, conversationKeyOf, dueFault, textOf } from './faults.js';
import type { Fault, FaultName } from './faults.js';
import { plan } from './planner.js';
import { Refusal, refusalBody } from './refusal.js';
import { checkHeaders, parseRequest, type MessagesRequest } from './request.js';
import { finish, slowPauseMs, streamAnswer } from './stream.js';

/** One request as it came, and how it was answered. Written before the first byte of the answer. */
export interface JournalEntry {
  readonly at: string;
  readonly requestId: string;
  /** SHA-256 of the body. */
  readonly digest: string;
  /** One key for all requests of a conversation; null when the request made no sense. */
  readonly conversation: string | null;
  readonly model: string | null;
  readonly messages: number;
  readonly status: number;
  readonly fault: FaultName | null;
  /** Why it was refused, in the API's words. */
  readonly refusal: string | null;
  readonly request: unknown;
}

export interface ModelStandIn {
  readonly url: string;
  /** Drops every connection. Resolves when nothing of the stand-in is left running. */
  close(): Promise<void>;
}

/** What every request is handled with. */
interface Site {
  readonly journal: Journal<JournalEntry>;
  /** Aborted when the stand-in closes. */
  readonly signal: AbortSignal;
  readonly slowPauseMs: number;
}

/** The largest body that the API takes. */
const bodyBytes = 32 * 1024 * 1024;

/** Starts the stand-in on a port of 127.0.0.1 (0 for any free one). Rejects when it is taken. */
export async function startModelStandIn(options: {
  readonly port: number;
  readonly journalPath: string;
  /** Milliseconds between the pieces of a slow answer. */
  readonly slowPauseMs?: number;
}): Promise<ModelStandIn> {
  const journal = openJournal<JournalEntry>(options.journalPath);
  const closing = new AbortController();
  const site: Site = {
    journal,
    signal: closing.signal,
    slowPauseMs: options.slowPauseMs ?? slowPauseMs,
  };
  const server = createServer((request, response) => {
    handle(request, response, site).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      closing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      journal.close();
    },
  };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  const route = `${request.method} ${path}`;
  if (route === 'GET /livez') return sendJson(response, 200, { status: 'ok' });
  if (route === 'GET /journal') return sendJson(response, 200, { data: site.journal.entries() });
  if (route === 'POST /v1/messages') return answer(request, response, site);
  const requestId = `req_${randomId()}`;
  sendRefusal(response, new Refusal('not_found_error', `Not found: ${path}`), requestId);
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const { journal } = site;
  const requestId = `req_${randomId()}`;
  const read = await readBody(incoming);
  const entry = {
    at: new Date().toISOString(),
    requestId,
    digest: sha256Hex(read.text),
    request: read.body,
  };
  try {
    checkHeaders(incoming.headers);
    if (read.refusal !== null) throw read.refusal;
    const request = parseRequest(read.body);
    const fault = nextFault(request, journal, entry);
    if (fault?.name === 'overload') throw overloaded();
    if (fault?.name === 'rate-limit') throw rateLimited();
    await deliver(response, request, { requestId, prompt: read.body, fault, site });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (journal.entries().at(-1)?.requestId !== requestId) {
      journal.append({ ...entry, ...unread, status: error.status, refusal: error.message });
    }
    sendRefusal(response, error, requestId);
  }
}

const unread = { conversation: null, model: null, messages: 0, fault: null };

/** Picks the fault that is due and writes the request down, in one step without a wait. */
function nextFault(
  request: MessagesRequest,
  journal: Journal<JournalEntry>,
  entry: Pick<JournalEntry, 'at' | 'requestId' | 'digest' | 'request'>,
): Fault | null {
  const conversation = conversationKeyOf(request.messages, request.userId);
  const text = textOf(request.messages[0]);
  const wanted = dueFault(text, 0) !== null;
  const served = wanted
    ? journal.entries().filter((e) => e.conversation === conversation && e.fault !== null).length
    : 0;
  const fault = wanted ? dueFault(text, served) : null;
  journal.append({
    ...entry,
    conversation,
    model: request.model,
    messages: request.messages.length,
    status: fault?.name === 'overload' ? 529 : fault?.name === 'rate-limit' ? 429 : 200,
    fault: fault?.name ?? null,
    refusal: null,
  });
  return fault;
}

async function deliver(
  response: ServerResponse,
  request: MessagesRequest,
  how: { requestId: string; prompt: unknown; fault: Fault | null; site: Site },
): Promise<void> {
  const made = answerFor(request, how.prompt, plan(request.messages, new Set(request.tools)));
  setHeaders(response, how.requestId);
  const { signal } = how.site;
  const slow = asksForSlowness(textOf(request.messages[0]));
  const pauseMs = slow ? how.site.slowPauseMs : null;
  if (request.stream) {
    return streamAnswer(response, made, { pauseMs, fault: how.fault, signal });
  }
  const text = JSON.stringify(messageOf(made));
  response.writeHead(200, { 'content-type': 'application/json' });
  if (how.fault === null) return void response.end(text);
  response.write(text.slice(0, Math.floor(text.length / 2)));
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await finish(response, how.fault, AbortSignal.any([gone.signal, signal]));
}

async function readBody(
  incoming: IncomingMessage,
): Promise<{ text: string; body: unknown; refusal: Refusal | null }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= bodyBytes) chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (length > bodyBytes) {
    const refusal = new Refusal('request_too_large', 'Request exceeds the maximum size');
    return { text, body: null, refusal };
  }
  try {
    return { text, body: JSON.parse(text) as unknown, refusal: null };
  } catch {
    const refusal = new Refusal('invalid_request_error', 'The request body is not valid JSON');
    return { text, body: null, refusal };
  }
}

const overloaded = () =>
  new Refusal('overloaded_error', 'Overloaded', { 'x-should-retry': 'true' });

const rateLimited = () =>
  new Refusal('rate_limit_error', 'This request would exceed your rate limit', {
    'retry-after': '1',
    'x-should-retry': 'true',
  });

/** Limits that are never reached; `reset` is a minute away, as it is for a full bucket. */
const rateLimits = {
  requests: 4_000,
  tokens: 480_000,
  'input-tokens': 400_000,
  'output-tokens': 80_000,
};

function setHeaders(response: ServerResponse, requestId: string): void {
  response.setHeader('request-id', requestId);
  const reset = new Date(Date.now() + 60_000).toISOString();
  for (const [name, limit] of Object.entries(rateLimits)) {
    response.setHeader(`anthropic-ratelimit-${name}-limit`, String(limit));
    response.setHeader(`anthropic-ratelimit-${name}-remaining`, String(limit - 1));
    response.setHeader(`anthropic-ratelimit-${name}-reset`, reset);
  }
}

function sendRefusal(response: ServerResponse, refusal: Refusal, requestId: string): void {
  setHeaders(response, requestId);
  for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
  sendJson(response, refusal.status, refusalBody(refusal, requestId));
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
