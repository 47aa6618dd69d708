/** A caller of the gateway that costs little itself: one kept connection after the other. */
import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { quickPlan } from './plan.js';
import { agentName } from './stub-agent.js';

export interface GatewayClient {
  /** Throws for every answer that is no success. */
  post<Body>(route: string, body: unknown): Promise<Body>;
  /** Streams the events of a run, live ones too, until it is closed. */
  follow(runId: string, onEvent: (type: string) => void): { close(): void };
  /** Resolves when the gateway has taken a run, which ends by itself. */
  untilUp(): Promise<void>;
}

const warmUpRun = {
  agent: agentName,
  input: { message: JSON.stringify(quickPlan(1)) },
};
const connections = 50;
/** Shorter than the gateway keeps an idle connection: it must not close one that is being used. */
const idleMs = 2_000;
const upWithinMs = 30_000;

/** A client of the gateway on this port of loopback. */
export function createGatewayClient(port: number): GatewayClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: idleMs });
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
    post: (route, body) => call('POST', route, body),
    follow: (runId, onEvent) => {
      const path = `/v1/runs/${runId}/events`;
      const headers = { accept: 'text/event-stream' };
      const outgoing = request({ agent: false, host: '127.0.0.1', port, path, headers });
      let rest = '';
      outgoing.once('response', (incoming) => {
        incoming.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) {
            if (line.startsWith('event: ')) onEvent(line.slice('event: '.length));
          }
        });
        incoming.on('error', () => undefined);
      });
      outgoing.on('error', () => undefined);
      outgoing.end();
      return { close: () => outgoing.destroy() };
    },
    untilUp: async () => {
      // Kept connections belong to the gateway before this one.
      agent.destroy();
      const untilMs = performance.now() + upWithinMs;
      for (;;) {
        try {
          // Once through everything that a request passes: what is cold is slow, or late.
          await call('GET', '/readyz');
          return void (await call('POST', '/v1/runs', warmUpRun));
        } catch (error) {
          if (performance.now() > untilMs) throw error;
          await wait(20);
        }
      }
    },
  };
}
