/** P4: a statement counts for the key that signed it, as it was signed, and for no other. */
import type { Guard } from '../guard.js';

const signing = 'tests/runtime/signing.test.ts';
const keys = 'tests/runtime/keys.test.ts';
const processes = 'tests/e2e/signing-keys.integration.test.ts';

export const signatureGuards: readonly Guard[] = [
  {
    promise: 'P4',
    guard: 'A signed vote cannot be sent again as another kind of statement',
    owner: 'runtime/signing.ts',
    from: '[`belay/${kind}/v1`, keyId, canonicalJson(body)]',
    to: '[`belay/${typeof kind}/v1`, keyId, canonicalJson(body)]',
    test: { file: signing, name: 'of one kind is none of another' },
  },
  {
    promise: 'P4',
    guard: 'A statement has one signature, in one spelling',
    owner: 'runtime/signing.ts',
    from: "return bytes.toString('base64url') === text ? bytes : null;",
    to: 'return bytes;',
    test: { file: signing, name: 'does not hold with any bit changed, nor in another spelling' },
  },
  {
    promise: 'P4',
    guard: 'A key is trusted under its own id alone',
    owner: 'runtime/public-key.ts',
    from: 'if (keyIdOf(key) !== keyId) return',
    to: "if (keyId === '') return",
    test: { file: signing, name: 'with the id of another is refused' },
  },
  {
    promise: 'P4',
    guard: 'A key under which anybody can sign is not trusted',
    owner: 'runtime/public-key.ts',
    from: 'ordinate >= fieldSize || weakOrdinates.has(ordinate)',
    to: 'ordinate < 0n || weakOrdinates.size === 0',
    test: { file: signing, name: 'under which anybody can sign is refused' },
  },
  {
    promise: 'P4',
    guard: 'A key that is taken out of the trusted ones counts no more, without a restart',
    owner: 'runtime/open-verifier.ts',
    from: 'if (found !== text) take(found);',
    to: 'if (found === undefined) take(found);',
    test: { file: keys, name: 'counts as it stands: a key that is added is believed' },
  },
  {
    promise: 'P4',
    guard: 'A broken file of trusted keys leaves those before in force',
    owner: 'runtime/open-verifier.ts',
    from: 'if (!success) {',
    to: 'if (!success && changed === undefined) {',
    test: { file: keys, name: 'that breaks or goes away changes nothing but the log' },
  },
  {
    promise: 'P4',
    guard: 'A worker that is given a private key does not start',
    owner: 'runtime/open-verifier.ts',
    from: 'if (config[name] === undefined) continue;',
    to: 'if (config[name] !== null) continue;',
    test: { file: processes, name: 'a worker that could sign by itself does not start' },
  },
  {
    promise: 'P4',
    guard: 'A worker that trusts nobody does not start',
    owner: 'runtime/open-verifier.ts',
    from: 'if (keys.length > 0) return keys;',
    to: 'if (keys.length >= 0) return keys;',
    test: { file: keys, name: 'are needed, one at least' },
  },
];
