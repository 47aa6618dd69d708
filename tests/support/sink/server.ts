/** The effect sink: a service in each of the ways that services are, and a journal that is the truth. */
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen, readBody, sendJson, type RunningStandIn } from '../../../stand-ins/http.js';
import { openJournal, type Journal } from '../../../stand-ins/journal.js';
import type { SinkEntry, SinkFault, SinkMode, SinkOrder } from './journal.js';

/** What is done is found by a search only after this long, in milliseconds. */
export const sinkVisibilityLagMs = 500;

interface Sink {
  readonly journal: Journal<SinkEntry>;
  /** Keys of requests that are being worked on. */
  readonly inFlight: Set<string>;
  readonly held: Map<string, 'hold-before' | 'hold-after'>;
  readonly releases: EventEmitter;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One request that wants something done. */
interface Work {
  readonly mode: SinkMode;
  readonly order: SinkOrder;
  readonly key: string | null;
  /** The body, to compare with. */
  readonly text: string;
}

/** Listens on loopback; port 0 takes a free one. What an earlier process did is still known. */
export function startSink(options: {
  readonly port: number;
  readonly journalPath: string;
}): Promise<RunningStandIn> {
  const journal = openJournal<SinkEntry>(options.journalPath);
  const releases = new EventEmitter();
  releases.setMaxListeners(0);
  const sink: Sink = { journal, inFlight: new Set(), held: new Map(), releases };
  const server = createServer((request, response) => {
    handle(sink, request, response).catch(() => response.destroy());
  });
  return listen(server, options.port, () => journal.close());
}

async function handle(
  sink: Sink,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://sink');
  const [, mode = '', name = ''] = url.pathname.split('/');
  const text = await readBody(request);
  const header = request.headers['idempotency-key'];
  const key = typeof header === 'string' ? header : null;
  switch (`${request.method} /${mode}`) {
    case 'GET /livez':
      return sendJson(response, { status: 200, body: {} });
    case 'GET /journal':
      return sendJson(response, { status: 200, body: { data: sink.journal.entries() } });
    case 'GET /held':
      return sendJson(response, { status: 200, body: { data: [...sink.held.keys()] } });
    case 'POST /release':
      sink.releases.emit(name);
      return sendJson(response, { status: 200, body: {} });
    case 'GET /read':
      note(sink, { kind: 'arrived', mode: 'read', reference: name, key });
      return sendJson(response, { status: 200, body: { reference: name } });
    case 'GET /findable':
      return sendJson(response, found(sink, name));
    case 'PUT /put':
    case 'POST /keyed':
    case 'POST /findable':
    case 'POST /naive': {
      const order = JSON.parse(text) as SinkOrder;
      return reply(response, await work(sink, { mode: mode as SinkMode, order, key, text }));
    }
    default:
      return sendJson(response, { status: 404, body: {} });
  }
}

/** Null is no answer at all. */
function reply(response: ServerResponse, answer: Answer | null): void {
  if (answer === null) response.socket?.resetAndDestroy();
  else sendJson(response, answer);
}

async function work(sink: Sink, its: Work): Promise<Answer | null> {
  const { mode, order, key } = its;
  const { reference } = order;
  const fault = dueFault(sink, order);
  note(sink, { kind: 'arrived', mode, reference, key });
  if (mode !== 'keyed') return carryOut(sink, its, fault);
  if (key === null) return { status: 400, body: { error: 'key-missing' } };
  if (sink.inFlight.has(key)) return { status: 409, body: { error: 'in-flight' } };
  const stored = storedUnder(sink, key);
  if (stored !== undefined) {
    if (stored.body !== its.text) return { status: 400, body: { error: 'key-reused' } };
    return { status: stored.status, body: { replayed: true, answer: stored.answer } };
  }
  sink.inFlight.add(key);
  try {
    return await carryOut(sink, its, fault);
  } finally {
    sink.inFlight.delete(key);
  }
}

async function carryOut(sink: Sink, its: Work, fault: SinkFault | null): Promise<Answer | null> {
  if (fault === 'refuse') return { status: 422, body: { error: 'refused' } };
  if (fault === 'fail-before') return { status: 500, body: {} };
  if (fault === 'hold-before') await hold(sink, its.order, fault);
  const answer = commit(sink, its, fault === 'store-failure' ? 500 : 200);
  if (fault === 'hold-after') await hold(sink, its.order, fault);
  if (fault === 'lose-reply') return null;
  return fault === 'fail-after' ? { status: 500, body: {} } : answer;
}

/** From here on it has happened. */
function commit(sink: Sink, { mode, order, key, text }: Work, status: number): Answer {
  const { reference, value = null } = order;
  const id = `thing_${sink.journal.entries().length}`;
  note(sink, { kind: 'effect', mode, reference, key, id, value });
  const answer = { id, reference };
  if (mode === 'keyed') {
    note(sink, { kind: 'stored', mode, reference, key, body: text, status, answer });
  }
  return { status, body: answer };
}

async function hold(
  sink: Sink,
  { reference }: SinkOrder,
  fault: 'hold-before' | 'hold-after',
): Promise<void> {
  sink.held.set(reference, fault);
  await once(sink.releases, reference);
  sink.held.delete(reference);
}

/** The fault that is due for a request, before it is noted itself. */
function dueFault({ journal }: Sink, { reference, fault, faults = 1 }: SinkOrder) {
  if (fault === undefined) return null;
  const before = journal
    .entries()
    .filter((entry) => entry.kind === 'arrived' && entry.reference === reference);
  return before.length < faults ? fault : null;
}

const storedUnder = ({ journal }: Sink, key: string) =>
  journal
    .entries()
    .filter((entry) => entry.kind === 'stored')
    .find((entry) => entry.key === key);

/** By the key that its maker gave it as a reference, as soon as the lag has passed. */
function found({ journal }: Sink, key: string): Answer {
  const visibleSince = Date.now() - sinkVisibilityLagMs;
  const data = journal
    .entries()
    .filter((entry) => entry.kind === 'effect')
    .filter((entry) => entry.key === key && Date.parse(entry.at) <= visibleSince);
  return { status: 200, body: { data } };
}

type Unstamped<Entry> = Entry extends unknown ? Omit<Entry, 'at'> : never;

const note = ({ journal }: Sink, entry: Unstamped<SinkEntry>): void =>
  journal.append({ ...entry, at: new Date().toISOString() });
