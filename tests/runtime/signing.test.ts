import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Signed, StatementBody, StatementKind } from '../../contracts/statement.js';
import { canonicalJson } from '../../runtime/digest.js';
import { keyIdOf } from '../../runtime/public-key.js';
import {
  createSigner,
  createVerifier,
  newPrivateKey,
  type Signer,
  type Verifier,
} from '../../runtime/signing.js';

const kinds = ['vote', 'withdrawal', 'grant-vote', 'grant-revocation', 'resolution'] as const;
const kind = fc.constantFrom<StatementKind>(...kinds);
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const body: fc.Arbitrary<StatementBody> = fc.dictionary(fc.string(), value, { maxKeys: 12 });

/** The order of the group, little-endian. */
const order = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';
const littleEndian = (bytes: Buffer): bigint =>
  BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`);
const pem = (key: KeyObject): string =>
  key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }).toString();
/** The letter that differs in the lowest bit: one that says nothing at the end of 64 bytes. */
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const nextLetter = (letter: string): string => letters[letters.indexOf(letter) ^ 1] ?? '';
const knownSignature = {
  keyId: '21fe31dfa154a261',
  signature:
    'nh64r_SajaO7z2KazMZj7HRdUwwfGuATNjxamZvLN6WDtuG7OuvbouJVG8LVYsxi_E-eTLdchHVrBZmn7jdrBw',
};

const trusted = ({ keyId, publicKey }: Signer) => ({ keyId, key: publicKey });
const [ours, other, stranger] = [newPrivateKey(), newPrivateKey(), newPrivateKey()].map(
  createSigner,
) as [Signer, Signer, Signer];
const verifier = createVerifier([ours, other].map(trusted));

describe('a signature', () => {
  test('holds for its statement, and there is one of it, whatever the order of the fields', () => {
    fc.assert(
      fc.property(kind, body, (its, fields) => {
        const signed = ours.sign(its, fields);
        const reversed = Object.fromEntries(Object.entries(fields).toReversed());
        expect(verifier.verify(its, reversed, signed)).toBe('valid');
        expect(ours.sign(its, reversed)).toEqual(signed);
      }),
    );
  });

  test('of one kind is none of another', () => {
    fc.assert(
      fc.property(kind, kind, body, (its, another, fields) => {
        fc.pre(its !== another);
        expect(verifier.verify(another, fields, ours.sign(its, fields))).toBe('invalid');
      }),
    );
  });

  test('does not hold when a field is changed, added or left out', () => {
    fc.assert(
      fc.property(kind, body, body, (its, fields, changes) => {
        const changed = { ...fields, ...changes };
        fc.pre(canonicalJson(changed) !== canonicalJson(fields));
        const signed = ours.sign(its, fields);
        expect(verifier.verify(its, changed, signed)).toBe('invalid');
        expect(verifier.verify(its, fields, ours.sign(its, changed))).toBe('invalid');
        for (const name of Object.keys(fields)) {
          const { [name]: _, ...rest } = fields;
          expect(verifier.verify(its, rest, signed)).toBe('invalid');
        }
      }),
    );
  });

  test('does not hold with any bit changed, nor in another spelling', () => {
    fc.assert(
      fc.property(kind, body, fc.nat(511), (its, fields, bit) => {
        const { keyId, signature } = ours.sign(its, fields);
        const bytes = Buffer.from(signature, 'base64url');
        bytes[bit >> 3]! ^= 1 << (bit & 7);
        const spellings = [
          bytes.toString('base64url'),
          `${signature}=`,
          `${signature}A`,
          signature.slice(0, -1),
          `${signature.slice(0, -1)}${nextLetter(signature.at(-1)!)}`,
          Buffer.from(signature, 'base64url').toString('hex'),
        ];
        for (const each of spellings) {
          expect(verifier.verify(its, fields, { keyId, signature: each })).toBe('invalid');
        }
      }),
    );
  });

  test('counts for the key that made it alone', () => {
    fc.assert(
      fc.property(kind, body, (its, fields) => {
        const { signature } = ours.sign(its, fields);
        const claim = (keyId: string) => verifier.verify(its, fields, { keyId, signature });
        expect(claim(other.keyId)).toBe('invalid');
        expect(claim(stranger.keyId)).toBe('unknown-key');
        expect(claim(`${ours.keyId} `)).toBe('unknown-key');
        expect(verifier.verify(its, fields, stranger.sign(its, fields))).toBe('unknown-key');
      }),
    );
  });

  test('is refused and never an exception, whatever is in its place', () => {
    const hostile: Verifier['verify'] = (...given) => verifier.verify(...given);
    const anything = fc.anything({ withBigInt: true, withNullPrototype: true });
    fc.assert(
      fc.property(anything, anything, anything, fc.boolean(), (its, fields, sent, isKnown) => {
        const signed = isKnown ? { keyId: ours.keyId, signature: sent } : sent;
        const answer = hostile(its as StatementKind, fields as StatementBody, signed as Signed);
        expect(['unknown-key', 'invalid']).toContain(answer);
      }),
    );
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    const signed = ours.sign('vote', {});
    for (const fields of [circular, { big: 1n }, { not: Number.NaN }, null, [[]], 'text']) {
      expect(hostile('vote', fields as StatementBody, signed)).toBe('invalid');
    }
  });

  test.each([
    ['points that are not on the curve', 'ff'.repeat(64)],
    ['the neutral point and nothing', `01${'00'.repeat(63)}`],
    ['the neutral point in another spelling', `ee${'ff'.repeat(30)}7f${'00'.repeat(32)}`],
    ['a scalar as large as the order', `01${'00'.repeat(31)}${order}`],
    ['zeros', '00'.repeat(64)],
  ])('is not %s', (_what, hex) => {
    const signature = Buffer.from(hex, 'hex').toString('base64url');
    expect(verifier.verify('vote', {}, { keyId: ours.keyId, signature })).toBe('invalid');
  });

  test('is not what remains valid when the order of the group is added to it', () => {
    const { keyId, signature } = ours.sign('vote', { choice: 'approve' });
    const bytes = Buffer.from(signature, 'base64url');
    const scalar = littleEndian(bytes.subarray(32)) + littleEndian(Buffer.from(order, 'hex'));
    const added = Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex').toReversed();
    const changed = Buffer.concat([bytes.subarray(0, 32), added]).toString('base64url');
    const verdict = verifier.verify('vote', { choice: 'approve' }, { keyId, signature: changed });
    expect(verdict).toBe('invalid');
  });
});

describe('a private key', () => {
  test.each([
    ['nothing', ''],
    ['words', 'a secret'],
    ['a public key', pem(generateKeyPairSync('ed25519').publicKey)],
    ['a key of another curve', pem(generateKeyPairSync('x25519').privateKey)],
    [
      'a key for other signatures',
      pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    ],
  ])('is not %s, and the refusal does not repeat it', (_what, text) => {
    expect(() => createSigner(text)).toThrow(/^must be an Ed25519 private key in PEM \(PKCS #8\)$/);
  });

  test('says what others need to believe it: its public key and the id of that', () => {
    expect(ours.publicKey).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(ours.keyId).toMatch(/^[0-9a-f]{16}$/);
    expect(ours.keyId).toBe(keyIdOf(ours.publicKey));
    // RFC 8032, the first test of section 7.1.
    const prefix = '302e020100300506032b657004220420';
    const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
    const der = Buffer.from(prefix + seed, 'hex').toString('base64');
    const known = createSigner(`-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`);
    expect(Buffer.from(known.publicKey, 'base64url').toString('hex')).toBe(
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    );
    // Signatures are kept for years: what is signed must never change.
    const { keyId, signature } = known.sign('vote', { b: 1, a: 'x', c: null, d: true });
    expect({ keyId, signature }).toEqual(knownSignature);
  });
});

describe('a trusted key', () => {
  test('with the id of another is refused', () => {
    const { key } = trusted(ours);
    expect(() => createVerifier([{ keyId: other.keyId, key }])).toThrow(
      `The public key ${other.keyId} does not fit its key: the id of that one is ${ours.keyId}`,
    );
  });

  test.each([
    ['nothing', ''],
    ['too short', 'AAAA'],
    ['another spelling', `${ours.publicKey}=`],
    ['hexadecimal', Buffer.from(ours.publicKey, 'base64url').toString('hex')],
  ])('that is %s is refused', (_what, key) => {
    expect(() => createVerifier([{ keyId: keyIdOf(key), key }])).toThrow('must be the 32 bytes');
  });

  test.each([
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0000000000000000000000000000000000000000000000000000000000000080',
    '0100000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000080',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ])('under which anybody can sign is refused: %s', (hex) => {
    const key = Buffer.from(hex, 'hex').toString('base64url');
    expect(() => createVerifier([{ keyId: keyIdOf(key), key }])).toThrow('anybody can sign');
  });
});
