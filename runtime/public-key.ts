/** Public keys as configuration names them: the 32 bytes of Ed25519 (RFC 8032) in base64url, and an id. */
import { createHash } from 'node:crypto';

export interface PublicKey {
  readonly keyId: string;
  /** 43 characters of base64url. */
  readonly key: string;
}

/** The id of a key: the first 16 hexadecimal digits of SHA-256 of its 32 bytes. */
export const keyIdOf = (key: string): string =>
  createHash('sha256').update(Buffer.from(key, 'base64url')).digest('hex').slice(0, 16);

/** What is wrong with a key, to be read behind its name; null when nothing is. */
export function refusalOf({ keyId, key }: PublicKey): string | null {
  const bytes = Buffer.from(key, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== key) {
    return 'must be the 32 bytes of an Ed25519 public key in base64url: 43 characters';
  }
  if (keyIdOf(key) !== keyId) return `does not fit its key: the id of that one is ${keyIdOf(key)}`;
  if (isWeak(bytes)) return 'is a key under which anybody can sign';
  return null;
}

const fieldSize = 2n ** 255n - 19n;
/** The y of the points of order 1, 2, 4 and 8: libsodium refuses the same (ed25519_ref10.c). */
const weakOrdinates: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  fieldSize - 1n,
  ordinateOf('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  ordinateOf('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
]);

/** A point of small order has signatures that hold for many statements; a second spelling is none. */
function isWeak(bytes: Buffer): boolean {
  const ordinate = ordinateOf(bytes.toString('hex'));
  return ordinate >= fieldSize || weakOrdinates.has(ordinate);
}

/** Little-endian, without the highest bit: that is the sign of x. */
function ordinateOf(littleEndianHex: string): bigint {
  const bigEndianHex = Buffer.from(littleEndianHex, 'hex').toReversed();
  return BigInt(`0x${Buffer.from(bigEndianHex).toString('hex')}`) & (2n ** 255n - 1n);
}
