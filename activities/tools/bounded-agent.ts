/** The agent of an HTTP client that connects anew for each request, within a bound. */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';

export type Protocol = 'http' | 'https';

/** The code of an error that says: no connection came about in time, so nothing was sent. */
export const connectTimeoutCode = 'CONNECT_TIMEOUT';

class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
  readonly code = connectTimeoutCode;
}

/** The event after which bytes of a request may have left. */
export const connectedEvent = { http: 'connect', https: 'secureConnect' } as const;

/** Builds the agent. A kept connection may be dead without our knowing, so none is kept. */
export function createBoundedAgent(protocol: Protocol, connectTimeoutMs: number): http.Agent {
  const agent = protocol === 'http' ? new http.Agent() : new https.Agent();
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    if (socket) destroyUnless(socket, connectedEvent[protocol], connectTimeoutMs);
    return socket;
  };
  return agent;
}

function destroyUnless(socket: Duplex, connected: string, timeoutMs: number): void {
  const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError()), timeoutMs);
  const stop = () => clearTimeout(timer);
  socket.once(connected, stop).once('close', stop);
}
