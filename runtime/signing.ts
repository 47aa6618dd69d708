/**
 * Signed statements (Ed25519, RFC 8032): made by whoever holds a private key, checked by whoever holds
 * the public ones. The same statement under the same key has one signature, whatever its fields' order.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Signed, StatementBody, StatementKind } from '../contracts/statement.js';
import { canonicalJson } from './digest.js';
import { keyIdOf, refusalOf, type PublicKey } from './public-key.js';

export interface Signer {
  readonly keyId: string;
  /** The raw public key in base64url: what a verifier is given. */
  readonly publicKey: string;
  /** Throws for a number that JSON cannot hold, and for nothing else. */
  sign(kind: StatementKind, body: StatementBody): Signed;
}

/** `unknown-key`: nobody trusts that key, or not any more. `invalid`: it did not sign this. */
export type Verification = 'valid' | 'unknown-key' | 'invalid';

export interface Verifier {
  /** Never throws, whatever it is given. */
  verify(kind: StatementKind, body: StatementBody, signed: Signed): Verification;
}

/** A new private key, as PEM (PKCS #8). */
export const newPrivateKey = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Throws where the text is not an Ed25519 private key in PEM; what it says holds nothing of the text. */
export function createSigner(privateKeyPem: string): Signer {
  const privateKey = readPrivateKey(privateKeyPem);
  const { x: publicKey = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const keyId = keyIdOf(publicKey);
  return {
    keyId,
    publicKey,
    sign: (kind, body) => {
      const signature = sign(null, signedBytes(kind, keyId, body), privateKey);
      return { keyId, signature: signature.toString('base64url') };
    },
  };
}

/** Throws for a key that is not one, and for one whose id is not its own. */
export function createVerifier(publicKeys: readonly PublicKey[]): Verifier {
  const keys = new Map(publicKeys.map((key) => [key.keyId, readPublicKey(key)]));
  return {
    verify: (kind, body, signed) => {
      try {
        const { keyId, signature } = signed;
        const key = keys.get(keyId);
        if (key === undefined) return 'unknown-key';
        const bytes = signatureBytes(signature);
        if (bytes === null) return 'invalid';
        return verify(null, signedBytes(kind, keyId, body), key, bytes) ? 'valid' : 'invalid';
      } catch {
        // What has no such fields, or cannot be written as JSON, was never signed.
        return 'invalid';
      }
    },
  };
}

function readPrivateKey(pem: string): KeyObject {
  const refused = 'must be an Ed25519 private key in PEM (PKCS #8)';
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error(refused);
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(refused);
  return key;
}

function readPublicKey(its: PublicKey): KeyObject {
  const refusal = refusalOf(its);
  if (refusal !== null) throw new Error(`The public key ${its.keyId} ${refusal}`);
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: its.key } });
}

/** Neither a kind nor a key id holds a zero byte, so no two statements have the same bytes. */
const signedBytes = (kind: StatementKind, keyId: string, body: StatementBody): Buffer =>
  Buffer.from([`belay/${kind}/v1`, keyId, canonicalJson(body)].join('\0'), 'utf8');

/** Null for what is not the one spelling of 64 bytes. */
function signatureBytes(text: unknown): Buffer | null {
  if (typeof text !== 'string' || text.length !== 86) return null;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}
