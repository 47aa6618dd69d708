/** The key of the local gateway, made once, and the file in which the local worker finds its public half. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { addTrustedKey } from '../runtime/key-files.js';
import { createSigner, newPrivateKey, type Signer } from '../runtime/signing.js';
import { writeSecret } from './secret-file.js';

/** Where the stack with this data folder has its keys. */
export const keyFiles = (dataDir: string) => ({
  signing: path.join(dataDir, 'signing-key.pem'),
  trusted: path.join(dataDir, 'trusted-keys.json'),
});

/**
 * Makes the key if there is none. One that is damaged is made anew, and so is a damaged set; keys that
 * a person has added to the set stay.
 */
export function keepSigningKey(dataDir: string): void {
  const { signing, trusted } = keyFiles(dataDir);
  const { keyId, publicKey: key } = keptSigner(signing) ?? madeSigner(signing);
  try {
    addTrustedKey(trusted, { keyId, key });
  } catch {
    writeSecret(trusted, '{}\n');
    addTrustedKey(trusted, { keyId, key });
  }
}

function keptSigner(file: string): Signer | null {
  if (!existsSync(file)) return null;
  try {
    return createSigner(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function madeSigner(file: string): Signer {
  const privateKey = newPrivateKey();
  writeSecret(file, privateKey);
  return createSigner(privateKey);
}
