/** The stand-in of model APIs on loopback: two doors, one planner, a journal and a bill. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, type RunningStandIn } from '../http.js';
import { openJournal } from '../journal.js';
import { answerRequest, readBody, sendJson, sendRefusal, type Site } from './answer-request.js';
import { randomId } from './answer.js';
import { messagesDoor } from './door.js';
import { billOf, type JournalEntry } from './journal-entry.js';
import { chatDoor } from './openai/door.js';
import { createPrefixCache } from './prefix-cache.js';
import { createRateLimits, defaultLimits, type Limits } from './rate-limits.js';
import { Refusal } from './refusal.js';
import { checkHeaders, parseCountRequest } from './request.js';
import { slowPauseMs } from './stream.js';
import { tokensIn } from './tokens-in.js';

export type ModelStandIn = RunningStandIn;

/** Starts the stand-in on a port of 127.0.0.1 (0 for any free one). Rejects when it is taken. */
export async function startModelStandIn(options: {
  readonly port: number;
  readonly journalPath: string;
  /** Milliseconds between the pieces of a slow answer. */
  readonly slowPauseMs?: number;
  /** What an account may use a minute; more than one machine does when absent. */
  readonly limits?: Limits;
}): Promise<ModelStandIn> {
  const journal = openJournal<JournalEntry>(options.journalPath);
  const closing = new AbortController();
  const site: Site = {
    journal,
    cache: createPrefixCache(),
    limits: createRateLimits(options.limits ?? defaultLimits),
    signal: closing.signal,
    slowPauseMs: options.slowPauseMs ?? slowPauseMs,
  };
  const server = createServer((request, response) => {
    handle(request, response, site).catch(() => response.destroy());
  });
  const running = await listen(server, options.port, () => journal.close());
  return {
    url: running.url,
    close() {
      closing.abort();
      return running.close();
    },
  };
}

function handle(request: IncomingMessage, response: ServerResponse, site: Site): Promise<void> {
  const [path = '', query] = (request.url ?? '').split('?');
  switch (`${request.method} ${path}`) {
    case 'GET /livez':
      return sendJson(response, 200, { status: 'ok' });
    case 'GET /journal':
      return sendJson(response, 200, { data: entriesOf(site, query) });
    case 'GET /bill':
      return sendJson(response, 200, { data: billOf(site.journal.entries()) });
    case 'POST /v1/messages':
      return answerRequest(request, response, messagesDoor, site);
    case 'POST /v1/messages/count_tokens':
      return countTokens(request, response, site);
    case 'POST /openai/v1/chat/completions':
      return answerRequest(request, response, chatDoor, site);
    default: {
      const lost = new Refusal('not_found_error', `Not found: ${path}`);
      return sendRefusal(response, messagesDoor, lost, `req_${randomId()}`, site);
    }
  }
}

/** The journal, or of it what is for `user`. */
function entriesOf({ journal }: Site, query: string | undefined): readonly JournalEntry[] {
  const user = new URLSearchParams(query).get('user');
  return journal.entries().filter((entry) => user === null || entry.user === user);
}

/** Says how long a prompt is. It is free, and kept in no journal. */
async function countTokens(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
): Promise<void> {
  const requestId = `req_${randomId()}`;
  const read = await readBody(request);
  try {
    checkHeaders(request.headers);
    if (read.refusal !== null) throw read.refusal;
    const { parts } = parseCountRequest(read.body).prompt;
    const characters = parts.reduce((sum, part) => sum + part.length, 0);
    response.setHeader('request-id', requestId);
    await sendJson(response, 200, { input_tokens: tokensIn(characters) });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await sendRefusal(response, messagesDoor, error, requestId, site);
  }
}
