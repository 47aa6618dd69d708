/** A caller of the gateway that costs little itself: one kept connection after the other. */
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

export interface GatewayClient {
  get<Body>(route: string): Promise<Body>;
  /** Throws for every answer that is no success. */
  post<Body>(route: string, body: unknown): Promise<Body>;
  untilUp(): Promise<void>;
}

const connections = 50;
const upWithinMs = 30_000;

/** A client of the gateway on this port of loopback. */
export function createGatewayClient(port: number): GatewayClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const call = <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? '' : JSON.stringify(body);
      const headers =
        body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
      const outgoing = request({ agent, host: '127.0.0.1', port, method, path, headers });
      outgoing.once('error', reject);
      outgoing.once('response', (incoming) => {
        let text = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => (text += chunk));
        incoming.once('error', reject);
        incoming.once('end', () => {
          const status = incoming.statusCode ?? 0;
          if (status >= 200 && status < 300) resolve(JSON.parse(text) as Body);
          else reject(new Error(`${method} ${path} answered ${status}: ${text}`));
        });
      });
      outgoing.end(payload);
    });
  return {
    get: (route) => call('GET', route),
    post: (route, body) => call('POST', route, body),
    untilUp: async () => {
      const untilMs = performance.now() + upWithinMs;
      for (;;) {
        try {
          return void (await call('GET', '/livez'));
        } catch (error) {
          if (performance.now() > untilMs) throw error;
          await wait(20);
        }
      }
    },
  };
}
