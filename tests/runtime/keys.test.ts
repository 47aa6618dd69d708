/** The keys that configuration names: found, refused, and read again while a worker runs. */
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfigError, readConfig } from '../../runtime/config.js';
import { addTrustedKey, makeSigningKey } from '../../runtime/key-files.js';
import type { Log, LogFields } from '../../runtime/log.js';
import { openSigner } from '../../runtime/open-signer.js';
import { openVerifier, type OpenVerifier } from '../../runtime/open-verifier.js';
import { createSigner, newPrivateKey } from '../../runtime/signing.js';
import { trustedKeysText } from '../../runtime/trusted-keys.js';
import { eventually } from '../support/eventually.js';
import { publicKeyOf, signing, trusting } from '../support/signing-keys.js';

const [first, second] = [newPrivateKey(), newPrivateKey()];
const vote = { approvalId: 'apr_1', choice: 'approve' };
const signedBy = (privateKey: string) => createSigner(privateKey).sign('vote', vote);

let folder: string;
let file: string;
let lines: { readonly level: string; readonly message: string; readonly fields?: LogFields }[];
let opened: OpenVerifier[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'belay-keys-'));
  file = path.join(folder, 'keys');
  lines = [];
  opened = [];
});
afterEach(() => {
  for (const each of opened) each.stop();
  rmSync(folder, { recursive: true });
});

const at =
  (level: string) =>
  (message: string, fields: LogFields = {}) =>
    void lines.push({ level, message, fields });
const log: Log = {
  error: at('error'),
  warn: at('warn'),
  info: at('info'),
  debug: at('debug'),
  with: () => log,
};
const configOf = (environment: Readonly<Record<string, string>>) =>
  readConfig({ DATABASE_URL: 'postgres://localhost/belay', ...environment });
const open = (environment: Readonly<Record<string, string>>): OpenVerifier => {
  const verifier = openVerifier(configOf(environment), log);
  opened.push(verifier);
  return verifier;
};
function problemOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
}

describe('the gateway’s key', () => {
  const sign = (environment: Readonly<Record<string, string>>) =>
    openSigner(configOf(environment), log);

  test('is read from a file, or from a variable, where its lines may be written as \\n', () => {
    writeFileSync(file, first, { mode: 0o600 });
    const { keyId } = publicKeyOf(first);
    expect(sign({ SIGNING_KEY_FILE: file }).keyId).toBe(keyId);
    expect(sign(signing(first)).keyId).toBe(keyId);
    expect(sign(signing(first.replaceAll('\n', '\\n'))).keyId).toBe(keyId);
    expect(lines).toEqual([]);
  });

  test('is needed, and the gateway says how one is made', () => {
    expect(problemOf(() => sign({}))).toContain(
      'SIGNING_KEY_FILE: is needed, for the gateway signs what people decide. Make a key with ' +
        '`node dist/server/make-signing-key.js <file>`',
    );
  });

  test('that cannot be used is told by its variable, without its text', () => {
    writeFileSync(file, 'a secret', { mode: 0o600 });
    const problems = [
      problemOf(() => sign({ SIGNING_KEY_FILE: file })),
      problemOf(() => sign(signing('a secret'))),
    ];
    expect(problems[0]).toContain('SIGNING_KEY_FILE: must be an Ed25519 private key');
    expect(problems[1]).toContain('SIGNING_KEY: must be an Ed25519 private key');
    expect(problems.join()).not.toContain('a secret');
    const missing = path.join(folder, 'missing');
    const problem = problemOf(() => sign({ SIGNING_KEY_FILE: missing }));
    expect(problem).toContain(`SIGNING_KEY_FILE: cannot be read (ENOENT): ${missing}`);
  });

  test('is named once', () => {
    const twice = () => configOf({ ...signing(first), SIGNING_KEY_FILE: file });
    expect(problemOf(twice)).toContain('SIGNING_KEY: is said twice');
  });

  test('that others can read is warned about', () => {
    writeFileSync(file, first);
    chmodSync(file, 0o640);
    sign({ SIGNING_KEY_FILE: file });
    expect(lines).toMatchObject([{ level: 'warn', fields: { path: file } }]);
  });
});

describe('the worker’s keys', () => {
  test('are needed, one at least, and the worker says what is missing', () => {
    expect(problemOf(() => open({}))).toContain('TRUSTED_KEYS_FILE: is needed, for the worker');
    expect(problemOf(() => open(trusting()))).toContain('TRUSTED_KEYS: names no key');
    writeFileSync(file, '{}');
    const none = problemOf(() => open({ TRUSTED_KEYS_FILE: file }));
    expect(none).toContain('TRUSTED_KEYS_FILE: names no key');
    const missing = problemOf(() => open({ TRUSTED_KEYS_FILE: path.join(folder, 'missing') }));
    expect(missing).toContain('TRUSTED_KEYS_FILE: cannot be read (ENOENT)');
    const twice = () => open({ ...trusting(first), TRUSTED_KEYS_FILE: file });
    expect(problemOf(twice)).toContain('TRUSTED_KEYS: is said twice');
  });

  test.each([['SIGNING_KEY'], ['SIGNING_KEY_FILE']])(
    'are public: a worker that is given %s does not start',
    (name) => {
      const problem = problemOf(() => open({ ...trusting(first), [name]: first }));
      expect(problem).toContain(`${name}: is for gateways alone`);
    },
  );

  test('are those of all gateways that are named, and no others', () => {
    const both = open(trusting(first, second));
    expect(both.verify('vote', vote, signedBy(first))).toBe('valid');
    expect(both.verify('vote', vote, signedBy(second))).toBe('valid');
    const one = open(trusting(first));
    expect(one.verify('vote', vote, signedBy(second))).toBe('unknown-key');
  });

  test.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['a number for a key', '{"0123456789abcdef":1}'],
    ['an id that is not the key’s', `{"0123456789abcdef":"${publicKeyOf(first).key}"}`],
    ['something else for a key', `{"${publicKeyOf(first).keyId}":"key"}`],
  ])('are refused when they are %s, from a variable and from a file', (_what, text) => {
    expect(problemOf(() => open({ TRUSTED_KEYS: text }))).toContain('TRUSTED_KEYS');
    writeFileSync(file, text);
    const problem = problemOf(() => open({ TRUSTED_KEYS_FILE: file }));
    expect(problem).toContain('TRUSTED_KEYS_FILE');
  });

  test('are a hundred at most', () => {
    const key = (index: number) => [`${index}`, publicKeyOf(first).key];
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: 101 }, (_, i) => key(i))));
    expect(problemOf(() => open({ TRUSTED_KEYS: many }))).toContain('names more than 100 keys');
  });
});

describe('a file of trusted keys', () => {
  const noticedWithinMs = 5_000;
  const testWithinMs = 20_000;
  const write = (...privateKeys: readonly string[]) => {
    writeFileSync(`${file}.new`, trustedKeysText(privateKeys.map(publicKeyOf)));
    renameSync(`${file}.new`, file);
  };
  const becomes = (verifier: OpenVerifier, privateKey: string, verdict: string) =>
    eventually(
      `it is ${verdict}`,
      async () => verifier.verify('vote', vote, signedBy(privateKey)) === verdict,
      noticedWithinMs,
    );
  const said = (what: string) =>
    eventually(what, async () => lines.some(({ message }) => message === what), noticedWithinMs);

  test(
    'counts as it stands: a key that is added is believed, one that is taken out is not',
    async () => {
      write(first);
      const verifier = open({ TRUSTED_KEYS_FILE: file });
      expect(verifier.verify('vote', vote, signedBy(second))).toBe('unknown-key');
      write(first, second);
      await becomes(verifier, second, 'valid');
      expect(verifier.verify('vote', vote, signedBy(first))).toBe('valid');
      write(second);
      await becomes(verifier, first, 'unknown-key');
      expect(verifier.verify('vote', vote, signedBy(second))).toBe('valid');
      // Each key is taken away: nobody is believed.
      write();
      await becomes(verifier, second, 'unknown-key');
      expect(lines.map(({ level, fields }) => [level, fields?.count])).toEqual([
        ['info', 2],
        ['info', 1],
        ['info', 0],
      ]);
    },
    testWithinMs,
  );

  test(
    'that breaks or goes away changes nothing but the log, until it is good again',
    async () => {
      write(first);
      const verifier = open({ TRUSTED_KEYS_FILE: file });
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -5));
      await said('The trusted keys are unusable: those before count');
      expect(verifier.verify('vote', vote, signedBy(first))).toBe('valid');
      rmSync(file);
      await said('The trusted keys cannot be read: those before count');
      expect(verifier.verify('vote', vote, signedBy(first))).toBe('valid');
      write(second);
      await becomes(verifier, second, 'valid');
      expect(verifier.verify('vote', vote, signedBy(first))).toBe('unknown-key');
      expect(lines.map(({ level }) => level)).toEqual(['error', 'error', 'info']);
    },
    testWithinMs,
  );
});

describe('the files of keys', () => {
  test('are made once, the private one for its owner alone', () => {
    const privateFile = path.join(folder, 'private', 'key.pem');
    makeSigningKey(privateFile);
    expect(statSync(privateFile).mode & 0o777).toBe(0o600);
    const made = readFileSync(privateFile, 'utf8');
    expect(() => makeSigningKey(privateFile)).toThrow('is there already');
    expect(readFileSync(privateFile, 'utf8')).toBe(made);
    expect(createSigner(made).keyId).toMatch(/^[0-9a-f]{16}$/);
  });

  test('keep what they hold when a key is added, and are not touched when they hold something else', () => {
    addTrustedKey(file, publicKeyOf(first));
    addTrustedKey(file, publicKeyOf(second));
    addTrustedKey(file, publicKeyOf(first));
    const verifier = open({ TRUSTED_KEYS_FILE: file });
    expect(verifier.verify('vote', vote, signedBy(first))).toBe('valid');
    expect(verifier.verify('vote', vote, signedBy(second))).toBe('valid');
    expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object)).toHaveLength(2);
    writeFileSync(file, 'notes');
    expect(() => addTrustedKey(file, publicKeyOf(first))).toThrow('no file of trusted keys');
    expect(readFileSync(file, 'utf8')).toBe('notes');
  });
});
