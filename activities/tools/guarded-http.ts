/**
 * An HTTP client for addresses that a model chose. A host is looked up once a request, every address
 * of it is judged, and the connection is made to a judged address and nowhere else.
 */
import http, { type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import { httpAnswerBytes, httpRedirects } from '../../contracts/limits.js';
import { mayConnectTo } from './addresses.js';
import { connectTo } from './connect-to.js';
import { vetUrl, type HttpRules, type HttpTarget } from './http-targets.js';

export interface GuardedRequest {
  readonly target: HttpTarget;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** Ends everything: look-up, connection, answer. */
  readonly signal: AbortSignal;
  /** Asked when the connection stands, right before the first byte. */
  isTimeToSend(): boolean;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Never decoded: what a server compressed unasked stays compressed. */
  readonly body: Buffer;
  /** Whether the body is longer than what was read. */
  readonly isCut: boolean;
}

export type HttpExchange =
  | { readonly kind: 'answered'; readonly answer: HttpAnswer }
  /** It may not go there. Nothing was connected to. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** No connection came about: nothing was sent. */
  | { readonly kind: 'unreached' }
  /** The connection stood when the time to send was over: nothing was sent. */
  | { readonly kind: 'late' }
  /** It was sent, and no whole answer came. */
  | { readonly kind: 'lost' };

export interface GuardedHttpOptions {
  readonly rules: HttpRules;
  /** Every address of a host. Rejects when there is none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Another way to connect than the usual one. */
  readonly connect?: typeof connectTo;
}

export interface GuardedHttp {
  readonly rules: HttpRules;
  /** Sends one request as it is. A redirect is an answer. */
  send(request: GuardedRequest): Promise<HttpExchange>;
  /** Sends a request that changes nothing, and follows redirects within its own origin. */
  read(request: GuardedRequest): Promise<HttpExchange>;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Builds the client. Nothing is looked up or connected to before it is used. */
export function createGuardedHttp(options: GuardedHttpOptions): GuardedHttp {
  const send = (request: GuardedRequest) => sendOnce(options, request);
  return {
    rules: options.rules,
    send,
    async read(request) {
      let { target } = request;
      for (let hops = 0; ; hops += 1) {
        const exchange = await send({ ...request, target });
        const next = exchange.kind === 'answered' ? nextOf(exchange.answer, target) : null;
        if (next === null || hops === httpRedirects) return exchange;
        const vetted = vetUrl(options.rules, next);
        if (vetted.kind === 'refused') return exchange;
        target = vetted;
      }
    },
  };
}

/**
 * Where a redirect leads within the same origin; null for any other answer. Elsewhere goes only a
 * call of its own, which policy judges, and with which no secret of this origin travels.
 */
function nextOf({ status, headers }: HttpAnswer, { url }: HttpTarget): string | null {
  const { location } = headers;
  if (!redirects.has(status) || location === undefined) return null;
  const next = URL.canParse(location, url.href) ? new URL(location, url) : null;
  return next?.origin === url.origin ? next.href : null;
}

async function sendOnce(
  options: GuardedHttpOptions,
  request: GuardedRequest,
): Promise<HttpExchange> {
  const { target, signal } = request;
  const host = target.url.hostname.replace(/^\[|\]$/g, '');
  const found = await addressesOf(options, host, signal);
  if (found.length === 0) return { kind: 'unreached' };
  const allowPrivate = target.origin?.allowPrivate ?? false;
  // All of them: a name with one address of each kind is how a guard is to be slipped past.
  if (!found.every((address) => mayConnectTo(address, allowPrivate)))
    return { kind: 'forbidden', message: `${target.url.origin} is not at a public address.` };
  const isTls = target.url.protocol === 'https:';
  const port = Number(target.url.port) || (isTls ? 443 : 80);
  const { connect = connectTo } = options;
  const socket = await connect(found, { port, tlsHost: isTls ? host : null, signal });
  if (socket === null) return { kind: 'unreached' };
  if (!request.isTimeToSend()) {
    socket.destroy();
    return { kind: 'late' };
  }
  try {
    return { kind: 'answered', answer: await sendOver(socket, request) };
  } catch {
    return { kind: 'lost' };
  } finally {
    socket.destroy();
  }
}

/** None where the name has none, or nobody answers for it in time. */
async function addressesOf(
  { resolve }: GuardedHttpOptions,
  host: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host];
  const ended = new Promise<readonly string[]>((settle) => {
    if (signal.aborted) settle([]);
    signal.addEventListener('abort', () => settle([]), { once: true });
  });
  return Promise.race([resolve(host).catch(() => []), ended]);
}

/** Sends over a connection that stands, and reads the answer up to its bound. Rejects when it is cut. */
async function sendOver(socket: Socket, request: GuardedRequest): Promise<HttpAnswer> {
  const { target, method, body, signal } = request;
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = http.request({
      createConnection: () => socket,
      method,
      path: `${target.url.pathname}${target.url.search}`,
      headers: {
        'user-agent': 'belay',
        accept: '*/*',
        ...request.headers,
        // A compressed answer could be a thousand times as long as what was counted.
        'accept-encoding': 'identity',
        host: target.url.host,
        ...lengthOf(method, body),
      },
      setHost: false,
      maxHeaderSize: httpAnswerBytes.head,
      insecureHTTPParser: false,
      signal,
    });
    outgoing.once('response', resolve).on('error', reject);
    // Instead of an answer, other protocols: nothing of ours speaks them.
    outgoing.once('upgrade', () => reject(new Error('The server changed the protocol')));
    outgoing.end(body);
  });
  return readAnswer(incoming);
}

function lengthOf(method: string, body: string | undefined): Readonly<Record<string, string>> {
  if (body !== undefined) return { 'content-length': String(Buffer.byteLength(body)) };
  return ['POST', 'PUT', 'PATCH'].includes(method) ? { 'content-length': '0' } : {};
}

async function readAnswer(incoming: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    const room = httpAnswerBytes.body - bytes;
    chunks.push(chunk.subarray(0, room));
    bytes += chunk.length;
    // Leaving the loop ends the stream.
    if (chunk.length > room) break;
  }
  const { statusCode: status = 0, headers } = incoming;
  const isCut = bytes > httpAnswerBytes.body;
  return { status, headers, body: Buffer.concat(chunks), isCut };
}
