/** One request to a model: checked, planned, answered as its message asks for, and written down. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256Hex } from '../../runtime/digest.js';
import type { Journal } from '../journal.js';
import { answerFor, chargedInPart, randomId, standInModel, type Answer } from './answer.js';
import type { Door } from './door.js';
import {
  asksForPrices,
  asksForSlowness,
  asksForThinking,
  conversationKeyOf,
  dueFault,
  textOf,
  type Fault,
} from './faults.js';
import type { JournalEntry } from './journal-entry.js';
import { plan } from './planner.js';
import type { PrefixCache } from './prefix-cache.js';
import type { RateLimits } from './rate-limits.js';
import { Refusal } from './refusal.js';
import type { MessagesRequest } from './request.js';
import { streamAnswer } from './stream.js';
import { sumUp } from './summary.js';

/** What every request is handled with. */
export interface Site {
  readonly journal: Journal<JournalEntry>;
  readonly cache: PrefixCache;
  readonly limits: RateLimits;
  /** Aborted when the stand-in closes. */
  readonly signal: AbortSignal;
  readonly slowPauseMs: number;
}

/** The largest body that the API takes. */
const bodyBytes = 32 * 1024 * 1024;

/** Answers a request for a turn. */
export async function answerRequest(
  incoming: IncomingMessage,
  response: ServerResponse,
  door: Door,
  site: Site,
): Promise<void> {
  const requestId = `req_${randomId()}`;
  const read = await readBody(incoming);
  const entry = {
    at: new Date().toISOString(),
    requestId,
    door: door.name,
    digest: sha256Hex(read.text),
    request: read.body,
  };
  const { journal } = site;
  let isWritten = false;
  const write = (more: Omit<JournalEntry, keyof typeof entry>) => {
    journal.append({ ...entry, ...more });
    isWritten = true;
  };
  try {
    door.checkHeaders(incoming.headers);
    if (read.refusal !== null) throw read.refusal;
    const request = door.parse(read.body);
    const fault = nextFault(request, journal);
    // Without a wait between the look at what was served and the note of what is.
    const about = { ...aboutOf(request), fault: fault?.name ?? null };
    if (fault?.act.kind === 'refuse') {
      const { type, message, details } = fault.act;
      const refusal = new Refusal(type, message, details);
      write({ ...about, status: refusal.status, refusal: null, charged: null });
      throw refusal;
    }
    if (fault?.act.kind === 'connection') {
      write({ ...about, status: 200, refusal: null, charged: null });
      return await failConnection(response, fault.act.how, door, site, requestId);
    }
    const answer = make(request, fault, site);
    const charged = fault?.act.kind === 'break' ? chargedInPart(answer) : answer.usage;
    write({ ...about, status: 200, refusal: null, charged });
    await deliver(response, request, answer, { door, requestId, fault, site });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (!isWritten) write({ ...unread, status: error.status, refusal: error.message });
    await sendRefusal(response, door, error, requestId, site);
  }
}

const unread = {
  conversation: null,
  user: null,
  model: null,
  messages: 0,
  fault: null,
  charged: null,
};

const aboutOf = (request: MessagesRequest) => ({
  conversation: conversationKeyOf(request.messages, request.userId),
  user: request.userId,
  model: request.model,
  messages: request.messages.length,
});

/**
 * The fault that is due: what the message asks for, less what its conversation was served. A user has
 * one conversation, whose first message is another one once it was summed up.
 */
function nextFault(request: MessagesRequest, journal: Journal<JournalEntry>): Fault | null {
  const text = textOf(request.messages[0]);
  if (dueFault(text, 0) === null) return null;
  const { conversation, user } = aboutOf(request);
  const isOfTheSame = (each: JournalEntry) =>
    user === null ? each.conversation === conversation : each.user === user;
  const served = journal
    .entries()
    .filter((each) => isOfTheSame(each) && each.fault !== null).length;
  return dueFault(text, served);
}

function make(request: MessagesRequest, fault: Fault | null, { cache, limits }: Site): Answer {
  const asked = textOf(request.messages[0]);
  const thinks = request.thinks || asksForThinking(asked);
  const promptUsage = cache.take(request.prompt);
  const { messages, tools } = request;
  const planned = request.sumsUp ? sumUp(messages) : plan(messages, new Set(tools));
  const answer = answerFor(request, planned, {
    model: asksForPrices(asked) ? request.model : standInModel,
    promptUsage,
    signature: (thinks ? request.signThought?.() : null) ?? null,
    fault: fault?.act.kind === 'stop' ? fault.act.how : null,
  });
  // What is read from the cache does not count towards the limit.
  limits.take(
    promptUsage.input_tokens + promptUsage.cache_creation_input_tokens,
    answer.usage.output_tokens,
  );
  return answer;
}

interface How {
  readonly door: Door;
  readonly requestId: string;
  readonly fault: Fault | null;
  readonly site: Site;
}

async function deliver(
  response: ServerResponse,
  request: MessagesRequest,
  answer: Answer,
  { door, requestId, fault, site }: How,
): Promise<void> {
  setHeaders(response, door, requestId, site);
  const { signal } = site;
  if (request.stream) {
    const slow = asksForSlowness(textOf(request.messages[0]));
    const pauseMs = slow ? site.slowPauseMs : null;
    return streamAnswer(response, answer, { pauseMs, fault, signal }, door.framing);
  }
  const text = JSON.stringify(door.framing.message(answer));
  response.writeHead(200, { 'content-type': 'application/json' });
  if (fault?.act.kind !== 'break') return void response.end(text);
  // Half of it, and then nothing: what is not streamed can only be lost as a whole.
  response.write(text.slice(0, Math.floor(text.length / 2)), () =>
    response.socket?.resetAndDestroy(),
  );
}

/** What a network or a proxy does instead of an answer. */
async function failConnection(
  response: ServerResponse,
  how: 'reset' | 'silence' | 'html' | 'error-body',
  door: Door,
  site: Site,
  requestId: string,
): Promise<void> {
  switch (how) {
    case 'reset':
      return void response.socket?.resetAndDestroy();
    case 'silence': {
      const gone = new AbortController();
      response.once('close', () => gone.abort());
      const signal = AbortSignal.any([gone.signal, site.signal]);
      if (!signal.aborted) await once(signal, 'abort');
      return;
    }
    case 'html':
      response.writeHead(502, { 'content-type': 'text/html' });
      return void response.end('<h1>Bad gateway</h1>');
    case 'error-body': {
      const { body } = door.refusal(new Refusal('overloaded_error', 'Overloaded'), requestId);
      return sendJson(response, 200, body);
    }
  }
}

/** Reads a body; one that is too large or no JSON comes with the refusal it deserves. */
export async function readBody(
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

function setHeaders(response: ServerResponse, door: Door, requestId: string, site: Site): void {
  const headers = door.headers(requestId, site.limits.headers());
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Answers with a refusal, in the words of the door it came through. */
export function sendRefusal(
  response: ServerResponse,
  door: Door,
  refusal: Refusal,
  requestId: string,
  site: Site,
): Promise<void> {
  setHeaders(response, door, requestId, site);
  for (const [name, value] of Object.entries(refusal.details.headers ?? {})) {
    response.setHeader(name, value);
  }
  const { status, body } = door.refusal(refusal, requestId);
  return sendJson(response, status, body);
}

/** Answers with JSON. */
export async function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
