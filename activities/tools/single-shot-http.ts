/** An HTTP client for the Stripe package that sends once: no retry of its own, a bounded connect. */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import Stripe from 'stripe';

/** The code of an error that says: no connection came about in time, so nothing was sent. */
export const connectTimeoutCode = 'CONNECT_TIMEOUT';

/** A connection that was cut. The request may have arrived. */
class ConnectionCutError extends Error {
  override readonly name = 'ConnectionCutError';
  readonly code = 'CONNECTION_CUT';
}

class ConnectTimeoutError extends Error {
  override readonly name = 'ConnectTimeoutError';
  readonly code = connectTimeoutCode;
}

/**
 * Builds the client. The Stripe package repeats a request whose connection was reset or broken
 * even with `maxNetworkRetries: 0`; it knows these errors by their codes, so here they get another.
 * Every request has a connection of its own, as a kept one may be dead without our knowing.
 */
export function createSingleShotHttpClient(
  protocol: 'http' | 'https',
  connectTimeoutMs: number,
): Stripe.HttpClient {
  const agent = protocol === 'http' ? new http.Agent() : new https.Agent();
  boundConnect(agent, protocol === 'http' ? 'connect' : 'secureConnect', connectTimeoutMs);
  const client = Stripe.createNodeHttpClient(agent);
  return {
    getClientName: () => client.getClientName(),
    makeRequest: (...request) =>
      client.makeRequest(...request).catch((error: unknown) => {
        throw isReset(error) ? new ConnectionCutError('cut', { cause: error }) : error;
      }),
  };
}

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');

function boundConnect(agent: http.Agent, connected: string, timeoutMs: number): void {
  const create = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const socket = create(options, callback);
    if (socket) destroyUnless(socket, connected, timeoutMs);
    return socket;
  };
}

function destroyUnless(socket: Duplex, connected: string, timeoutMs: number): void {
  const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError()), timeoutMs);
  const stop = () => clearTimeout(timer);
  socket.once(connected, stop).once('close', stop);
}
