/** The keys of gateways and workers under test, as their environment and their parts take them. */
import type { PublicKey } from '../../runtime/public-key.js';
import { createSigner, createVerifier, type Verifier } from '../../runtime/signing.js';
import { trustedKeysText } from '../../runtime/trusted-keys.js';
import { testServers } from './servers.js';

/** What others are told of a private key. */
export function publicKeyOf(privateKeyPem: string): PublicKey {
  const { keyId, publicKey: key } = createSigner(privateKeyPem);
  return { keyId, key };
}

/** What a gateway is told that signs with this private key. */
export const signing = (privateKeyPem: string) => ({ SIGNING_KEY: privateKeyPem });

/** What a worker is told that trusts the gateways with these private keys, and no others. */
export const trusting = (...privateKeyPems: readonly string[]) => ({
  TRUSTED_KEYS: trustedKeysText(privateKeyPems.map(publicKeyOf)),
});

/** Trusts the gateways of this run of the tests. */
export const testVerifier = (): Verifier => createVerifier([publicKeyOf(testServers().signingKey)]);
