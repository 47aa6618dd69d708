/** The files of keys, as whoever sets Belay up writes them. Gateways and workers only read. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PublicKey } from './public-key.js';
import { newPrivateKey } from './signing.js';
import { trustedKeys, trustedKeysText } from './trusted-keys.js';

/** Puts a new private key into the file, for its owner alone (0600). Throws where there is a file. */
export function makeSigningKey(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    writeFileSync(file, newPrivateKey(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const why = 'What was signed under a key counts as long as workers trust it';
    throw new Error(`${file} is there already. ${why}: take another name`, { cause: error });
  }
}

/**
 * Adds the key to the file of trusted keys, which is made if need be. Throws, with the file untouched,
 * where it holds something else. It is replaced whole: who reads it meanwhile finds the keys before or
 * after.
 */
export function addTrustedKey(file: string, added: PublicKey): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const { success, data: keys } = trustedKeys.safeParse(
    existsSync(file) ? readFileSync(file, 'utf8') : '{}',
  );
  if (!success) throw new Error(`${file} is no file of trusted keys`);
  if (keys.some(({ keyId }) => keyId === added.keyId)) return;
  writeFileSync(`${file}.new`, trustedKeysText([...keys, added]), { mode: 0o644 });
  renameSync(`${file}.new`, file);
}
