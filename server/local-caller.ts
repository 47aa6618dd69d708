/**
 * The guard of the keyless principal `local`: any web page can make a browser send requests to this
 * machine, so only what no foreign page can send is taken.
 */
import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** What the guard looks at. */
export interface LocalCaller {
  /** The address the request came from. */
  readonly peer: string | undefined;
  /** The port that was really reached. */
  readonly port: number | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** The names of all headers, in lower case. */
  readonly headers: readonly string[];
}

export type LocalRefusal = 'not-local' | 'host' | 'forwarded' | 'origin' | 'fetch-site';

/** Reads from a request what the guard looks at. */
export const localCallerOf = ({ socket, headers }: IncomingMessage): LocalCaller => ({
  peer: socket.remoteAddress,
  port: socket.localPort,
  host: headers.host,
  origin: headers.origin,
  fetchSite: headerText(headers['sec-fetch-site']),
  headers: Object.keys(headers),
});

/** Why a caller can't be the local user, or null when it can. */
export function findLocalRefusal(caller: LocalCaller): LocalRefusal | null {
  if (caller.peer === undefined || !isLoopback(caller.peer)) return 'not-local';
  if (caller.headers.some(isForwarding)) return 'forwarded';
  const { host, port, origin, fetchSite } = caller;
  if (host === undefined || port === undefined || !hostsOf(port).includes(host)) return 'host';
  if (origin !== undefined && origin !== `http://${host}`) return 'origin';
  if (fetchSite !== undefined && !['same-origin', 'none'].includes(fetchSite)) return 'fetch-site';
  return null;
}

/** Says whether an address or a host name to bind is of this machine alone. */
export const isLoopback = (address: string): boolean => {
  if (address === 'localhost') return true;
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
};

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
// An IPv4 peer of a socket that listens on IPv6.
loopback.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');

const names = ['127.0.0.1', 'localhost', '[::1]'] as const;

/** A browser leaves out the port 80. */
const hostsOf = (port: number): readonly string[] =>
  port === 80 ? [...names, ...names.map((name) => `${name}:80`)] : names.map((n) => `${n}:${port}`);

const forwarding: ReadonlySet<string> = new Set([
  'forwarded',
  'via',
  'x-real-ip',
  'x-client-ip',
  'x-original-host',
  'true-client-ip',
  'cf-connecting-ip',
]);

const isForwarding = (name: string): boolean =>
  forwarding.has(name) || name.startsWith('x-forwarded-');

const headerText = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;
