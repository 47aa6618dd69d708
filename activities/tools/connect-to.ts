/** A connection to one of the given addresses, and to nothing that a name could mean meanwhile. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { sendWithinMs } from '../../contracts/retry-policies.js';

export interface Connecting {
  readonly port: number;
  /** The host whose certificate is wanted; null for a connection without TLS. */
  readonly tlsHost: string | null;
  readonly signal: AbortSignal;
  /** Certificates to trust instead of the usual ones, as PEM. */
  readonly ca?: string;
}

/** As many of a host's addresses are tried. */
const triedAddresses = 3;

/**
 * Connects to the first address that lets us, IPv4 first, within the bound of a dispatch. Null when
 * none does: then no byte of a request was sent. The socket is the caller's to destroy.
 */
export async function connectTo(
  addresses: readonly string[],
  connecting: Connecting,
): Promise<Socket | null> {
  const signal = AbortSignal.any([connecting.signal, AbortSignal.timeout(sendWithinMs)]);
  const ordered = addresses.toSorted((one, other) => isIP(one) - isIP(other));
  for (const address of ordered.slice(0, triedAddresses)) {
    const socket = signal.aborted ? null : await open(address, { ...connecting, signal });
    if (socket !== null) return socket;
  }
  return null;
}

function open(address: string, connecting: Connecting): Promise<Socket | null> {
  const { port, tlsHost, signal, ca } = connecting;
  const where = { host: address, port };
  const socket =
    tlsHost === null ? connect(where) : connectTls({ ...where, ...secured(tlsHost, ca) });
  return new Promise((resolve) => {
    const giveUp = () => socket.destroy();
    const settle = (result: Socket | null) => {
      signal.removeEventListener('abort', giveUp);
      resolve(result);
    };
    signal.addEventListener('abort', giveUp);
    // Whoever uses the socket hears of its end by the request that it carries.
    socket.on('error', () => undefined);
    socket.once('close', () => settle(null));
    socket.once(tlsHost === null ? 'connect' : 'secureConnect', () => settle(socket));
  });
}

function secured(host: string, ca: string | undefined) {
  return {
    // SNI takes no address; the certificate is checked against what the URL names either way.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
  };
}
