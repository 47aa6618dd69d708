/** The worker's trusted keys, from the file or the variable that the configuration names. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { ConfigError, problemsOf, type Config } from './config.js';
import { errorFields, type Log } from './log.js';
import type { PublicKey } from './public-key.js';
import { createVerifier, type Verifier } from './signing.js';
import { trustedKeys } from './trusted-keys.js';

type Named = Pick<
  Config,
  'SIGNING_KEY' | 'SIGNING_KEY_FILE' | 'TRUSTED_KEYS' | 'TRUSTED_KEYS_FILE'
>;

export interface OpenVerifier extends Verifier {
  /** Looks at the file no more. */
  stop(): void;
}

/** A key that is put into the file, or taken out, counts within this long. */
const lookEveryMs = 1_000;

/**
 * Trusts what the configuration names. A file is read again when it changes; while its text is not a
 * set of keys, the set before it counts. Throws a ConfigError that says what to do where no key is
 * named, and where a private one is: a worker that can sign could approve by itself.
 */
export function openVerifier(config: Named, log: Log): OpenVerifier {
  const { TRUSTED_KEYS: keys, TRUSTED_KEYS_FILE: file } = config;
  for (const name of ['SIGNING_KEY', 'SIGNING_KEY_FILE'] as const) {
    if (config[name] === undefined) continue;
    throw new ConfigError([`${name}: is for gateways alone. Unset it where a worker runs`]);
  }
  if (keys !== undefined) {
    return { ...createVerifier(atLeastOne('TRUSTED_KEYS', keys)), stop: () => undefined };
  }
  if (file !== undefined) return followFile(file, log);
  throw new ConfigError([
    'TRUSTED_KEYS_FILE: is needed, for the worker carries out only what a gateway has signed. Name ' +
      'a JSON file with the public key of each gateway, as `make-signing-key.js` prints it',
  ]);
}

function followFile(file: string, log: Log): OpenVerifier {
  let text = readText(file);
  let verifier = createVerifier(atLeastOne('TRUSTED_KEYS_FILE', parse(text)));
  // A file that stays unreadable is told once, not every second.
  let isReadable = true;
  let isLooking = false;
  const take = (changed: string): void => {
    text = changed;
    const { success, data } = trustedKeys.safeParse(changed);
    if (!success) {
      log.error('The trusted keys are unusable: those before count', { path: file });
      return;
    }
    verifier = createVerifier(data);
    log.info('The trusted keys have changed', { path: file, count: data.length });
  };
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const found = await readFile(file, 'utf8');
      isReadable = true;
      if (found !== text) take(found);
    } catch (error) {
      if (isReadable) {
        log.error('The trusted keys cannot be read: those before count', {
          path: file,
          ...errorFields(error),
        });
      }
      isReadable = false;
    } finally {
      isLooking = false;
    }
  };
  const looking = setInterval(() => void look(), lookEveryMs).unref();
  return {
    verify: (kind, body, signed) => verifier.verify(kind, body, signed),
    stop: () => clearInterval(looking),
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    throw new ConfigError([`TRUSTED_KEYS_FILE: cannot be read (${code}): ${file}`]);
  }
}

function parse(text: string): readonly PublicKey[] {
  const { success, data, error } = trustedKeys.safeParse(text);
  if (success) return data;
  throw new ConfigError(problemsOf(error, 'TRUSTED_KEYS_FILE'));
}

/** Who trusts nobody from the start has not been set up. Later it is how every key is taken away. */
function atLeastOne(name: string, keys: readonly PublicKey[]): readonly PublicKey[] {
  if (keys.length > 0) return keys;
  throw new ConfigError([`${name}: names no key: nothing that people decide could be carried out`]);
}
