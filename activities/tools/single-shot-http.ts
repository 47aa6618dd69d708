/** An HTTP client for the Stripe package that sends once: no retry of its own, a bounded connect. */
import Stripe from 'stripe';
import { createBoundedAgent, type Protocol } from './bounded-agent.js';

/** A connection that was cut. The request may have arrived. */
class ConnectionCutError extends Error {
  override readonly name = 'ConnectionCutError';
  readonly code = 'CONNECTION_CUT';
}

/**
 * Builds the client. The Stripe package repeats a request whose connection was reset or broken
 * even with `maxNetworkRetries: 0`; it knows these errors by their codes, so here they get another.
 */
export function createSingleShotHttpClient(
  protocol: Protocol,
  connectTimeoutMs: number,
): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient(createBoundedAgent(protocol, connectTimeoutMs));
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
