/** API keys: their shape, and the keyed hash under which they are kept. Pure but for chance. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { pepperCharacters } from '../contracts/limits.js';

/** Secrets of the gateways that go into every hash: the first makes them, all of them verify. */
export type Peppers = readonly [string, ...string[]];

/** `belay_<8 hexadecimal characters>_<43 characters of base64url>` */
const keyShape = /^belay_([0-9a-f]{8})_[A-Za-z0-9_-]{43}$/;

/** A new API key: a visible id, by which it is found and revoked, and 256 random bits. */
export const newApiKey = (): string =>
  `belay_${randomBytes(4).toString('hex')}_${randomBytes(32).toString('base64url')}`;

/** The visible part of an API key; null for text of another shape. */
export const apiKeyId = (text: string): string | null => keyShape.exec(text)?.[1] ?? null;

/** Says whether text can be the visible part of an API key. */
export const isApiKeyId = (text: string): boolean => /^[0-9a-f]{8}$/.test(text);

/**
 * HMAC-SHA-256 of the whole key, as 64 hexadecimal characters. The key holds 256 random bits, so a
 * slow hash would protect nothing, and would let anyone keep a gateway busy with wrong keys.
 */
export const hashApiKey = (pepper: string, text: string): string =>
  createHmac('sha256', pepper).update(text).digest('hex');

/** Which of the peppers this hash of the key was made with: its place, or -1. */
export function findPepper(peppers: Peppers, text: string, hash: string): number {
  const kept = Buffer.from(hash);
  return peppers.findIndex((pepper) => {
    const made = Buffer.from(hashApiKey(pepper, text));
    // Hashes of other lengths are no secret; comparing them would throw.
    return made.length === kept.length && timingSafeEqual(made, kept);
  });
}

/** Peppers as text: one, or several between commas or on lines of their own. Null for unusable ones. */
export function parsePeppers(text: string): Peppers | null {
  const [first, ...older] = text.split(/[\s,]+/).filter((word) => word !== '');
  if (first === undefined || ![first, ...older].every(isPepper)) return null;
  return [first, ...older];
}

const isPepper = ({ length }: string): boolean =>
  length >= pepperCharacters.minimum && length <= pepperCharacters.maximum;
