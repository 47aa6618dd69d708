/** The payments stand-in: Stripe's refund API on loopback, with a journal that survives it. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { listen, readBody, sendJson, type RunningStandIn } from '../http.js';
import { openJournal } from '../journal.js';
import { refusals, type Answer } from './answer.js';
import { createRefundDesk, type RefundDesk, type Reply } from './create-refund.js';
import { openLedger, type Entry, type Ledger } from './ledger.js';
import { listRefunds, readCharge, readRefund } from './read.js';

export interface PaymentsOptions {
  /** 0 for any free one. */
  readonly port: number;
  readonly journalPath: string;
  /** Milliseconds since 1970; the machine's clock by default. */
  readonly now?: () => number;
  /** What `[payments-slow]` waits for; three seconds by default. */
  readonly pause?: () => Promise<void>;
}

/** It keeps no process alive. */
const slowly = () => wait(3_000, undefined, { ref: false });

/** Starts it. Everything that an earlier process answered is still true. */
export async function startPaymentsStandIn(options: PaymentsOptions): Promise<RunningStandIn> {
  const { port, journalPath, now = Date.now, pause = slowly } = options;
  const journal = openJournal<Entry>(journalPath);
  const ledger = openLedger(journal, now);
  const desk = createRefundDesk({ ledger, now, pause });
  const server = createServer((request, response) => {
    answer(request, response, { ledger, desk, entries: () => journal.entries() }).catch(() =>
      response.destroy(),
    );
  });
  return listen(server, port, () => journal.close());
}

interface Desks {
  readonly ledger: Ledger;
  readonly desk: RefundDesk;
  readonly entries: () => readonly Entry[];
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  desks: Desks,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://stand-in');
  if (url.pathname === '/livez') return sendJson(response, { status: 200, body: { status: 'ok' } });
  if (url.pathname === '/journal') {
    return sendJson(response, { status: 200, body: { data: desks.entries() } });
  }
  response.setHeader('request-id', `req_${randomBytes(7).toString('hex')}`);
  if (!isTestKey(request.headers.authorization)) {
    return sendJson(response, refusals.unauthenticated());
  }
  if (request.method === 'POST' && url.pathname === '/v1/refunds') {
    return createRefund(request, response, desks.desk);
  }
  sendJson(response, read(request.method ?? '', url, desks.ledger));
}

async function createRefund(
  request: IncomingMessage,
  response: ServerResponse,
  desk: RefundDesk,
): Promise<void> {
  const key = request.headers['idempotency-key'];
  const body = await readBody(request);
  const reply: Reply = await desk.create(typeof key === 'string' ? key : null, body);
  if (reply.lost) {
    response.destroy();
    return;
  }
  if (typeof key === 'string') response.setHeader('idempotency-key', key);
  if (reply.replayed) response.setHeader('idempotent-replayed', 'true');
  sendJson(response, reply);
}

function read(method: string, url: URL, ledger: Ledger): Answer {
  const [, collection, id, rest] = /^\/v1\/(refunds|charges)(?:\/([^/]+))?(\/.*)?$/.exec(
    url.pathname,
  ) ?? [undefined, undefined, undefined, undefined];
  if (method !== 'GET' || rest !== undefined) return refusals.unknownPath(method, url.pathname);
  if (collection === 'refunds' && id === undefined) return listRefunds(ledger, url.searchParams);
  if (collection === 'refunds' && id !== undefined) return readRefund(ledger, id);
  if (collection === 'charges' && id !== undefined) return readCharge(ledger, id);
  return refusals.unknownPath(method, url.pathname);
}

/** Stripe takes the key as a Bearer token or as the user name of Basic. A live key is refused. */
function isTestKey(header: string | undefined): boolean {
  const [scheme = '', value = ''] = (header ?? '').split(' ');
  const key =
    scheme.toLowerCase() === 'basic'
      ? Buffer.from(value, 'base64').toString('utf8').split(':')[0]
      : value;
  return /^(bearer|basic)$/i.test(scheme) && /^[sr]k_test_\w{1,200}$/.test(key ?? '');
}
