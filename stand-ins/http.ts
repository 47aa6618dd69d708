/** What the stand-ins share of HTTP: listening on loopback, bodies, JSON, a quick end. */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningStandIn {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Stops listening, breaks what is open, and leaves no handle behind. */
  close(): Promise<void>;
}

/** The largest body a stand-in reads, in bytes. */
const bodyBytes = 1024 * 1024;

/** Listens on 127.0.0.1; port 0 takes a free one. `onClosed` runs after the last connection. */
export async function listen(
  server: Server,
  port: number,
  onClosed: () => void,
): Promise<RunningStandIn> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${actual}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      onClosed();
    },
  };
}

/** The whole body as text. Throws a RangeError when it is too large. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytes) throw new RangeError('The body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  answer: { readonly status: number; readonly body: unknown },
): void {
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(answer.body));
}
