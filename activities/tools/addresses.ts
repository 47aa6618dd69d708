/** Which addresses a request that a model asked for may go to. */
import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Reached only where an operator names the origin: link-local (cloud metadata) is not among them. */
const inside: ReadonlySet<string> = new Set([
  'loopback',
  'private',
  'uniqueLocal',
  'carrierGradeNat',
]);

/**
 * Where clouds answer with a machine's credentials although the address is of another range: Azure's
 * WireServer, Alibaba's and AWS's metadata.
 */
const metadata: ReadonlySet<string> = new Set([
  '168.63.129.16',
  '100.100.100.200',
  'fd00:ec2::254',
]);

/** All of IPv6 that is given out: https://www.iana.org/assignments/ipv6-address-space */
const globalUnicast: [ipaddr.IPv6, number] = [ipaddr.IPv6.parse('2000::'), 3];

/**
 * Whether a connection may be made to an address: public ones, and with `allowPrivate` those of a
 * network's inside. What carries another address within it (IPv4-mapped, NAT64, 6to4, Teredo) never.
 */
export function mayConnectTo(address: string, allowPrivate: boolean): boolean {
  if (ipaddr.isValid(address) && metadata.has(ipaddr.parse(address).toString())) return false;
  if (isIPv4(address)) {
    const range = ipaddr.IPv4.parse(address).range();
    return range === 'unicast' || (allowPrivate && inside.has(range));
  }
  if (!isIPv6(address)) return false;
  const parsed = ipaddr.IPv6.parse(address);
  const range = parsed.range();
  if (allowPrivate && inside.has(range)) return true;
  return range === 'unicast' && parsed.match(globalUnicast);
}
