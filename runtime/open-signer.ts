/** The gateway's private key, from the file or the variable that the configuration names. */
import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type Config } from './config.js';
import type { Log } from './log.js';
import { createSigner, type Signer } from './signing.js';

type Named = Pick<Config, 'SIGNING_KEY' | 'SIGNING_KEY_FILE'>;

/** Throws a ConfigError that says what to do where there is no key, or none that can sign. */
export function openSigner({ SIGNING_KEY: pem, SIGNING_KEY_FILE: file }: Named, log: Log): Signer {
  if (pem !== undefined) return signerOf('SIGNING_KEY', pem);
  if (file === undefined) {
    throw new ConfigError([
      'SIGNING_KEY_FILE: is needed, for the gateway signs what people decide. Make a key with ' +
        '`node dist/server/make-signing-key.js <file>` and name the file here',
    ]);
  }
  return signerOf('SIGNING_KEY_FILE', readPrivate(file, log));
}

function signerOf(name: string, pem: string): Signer {
  try {
    return createSigner(pem);
  } catch (error) {
    throw new ConfigError([`${name}: ${(error as Error).message}`]);
  }
}

function readPrivate(file: string, log: Log): string {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      log.warn('Others can read the signing key: chmod 600', { path: file });
    }
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new ConfigError([`SIGNING_KEY_FILE: cannot be read (${code}): ${file}`]);
  }
}
