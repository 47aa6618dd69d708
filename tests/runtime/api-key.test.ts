/** API keys and the peppers in their hashes. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  apiKeyId,
  findPepper,
  hashApiKey,
  newApiKey,
  parsePeppers,
} from '../../runtime/api-key.js';
import { peppersOf, readConfig } from '../../runtime/config.js';

const [first, second] = ['1'.repeat(32), '2'.repeat(32)];

describe('an API key', () => {
  it('has a visible id and 256 random bits, and is known by its shape alone', () => {
    const keys = Array.from({ length: 50 }, newApiKey);
    expect(new Set(keys).size).toBe(keys.length);
    for (const key of keys) expect(apiKeyId(key)).toBe(key.slice(6, 14));
  });

  it.each([
    '',
    'belay_',
    `belay_0000000_${'A'.repeat(43)}`,
    `belay_00000000_${'A'.repeat(42)}`,
    `belay_00000000_${'A'.repeat(44)}`,
    `belay_0000000G_${'A'.repeat(43)}`,
    `belay_00000000_${'A'.repeat(42)}=`,
    `belay_00000000_${'A'.repeat(43)}\n`,
    `Belay_00000000_${'A'.repeat(43)}`,
    `x belay_00000000_${'A'.repeat(43)}`,
  ])('of another shape is none: %j', (text) => {
    expect(apiKeyId(text)).toBeNull();
  });
});

describe('the hash of a key', () => {
  it('cannot be made without the pepper, and tells which one made it', () => {
    const key = newApiKey();
    expect(hashApiKey(first, key)).toMatch(/^[0-9a-f]{64}$/);
    expect(findPepper([first, second], key, hashApiKey(first, key))).toBe(0);
    expect(findPepper([first, second], key, hashApiKey(second, key))).toBe(1);
    expect(findPepper([first], key, hashApiKey(second, key))).toBe(-1);
  });

  it('is of the whole key: another id or another secret is another key', () => {
    const key = newApiKey();
    const hash = hashApiKey(first, key);
    const [brand, id, secret] = [key.slice(0, 6), key.slice(6, 14), key.slice(15)];
    const other = id === '00000000' ? '11111111' : '00000000';
    expect(findPepper([first], `${brand}${other}_${secret}`, hash)).toBe(-1);
    expect(findPepper([first], `${brand}${id}_${'A'.repeat(43)}`, hash)).toBe(-1);
  });

  it('that is damaged fits nothing, and breaks nothing', () => {
    const key = newApiKey();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (hash) => {
        expect(findPepper([first], key, hash)).toBe(-1);
      }),
    );
    expect(findPepper([first], key, hashApiKey(first, key).slice(0, 63))).toBe(-1);
  });
});

describe('peppers', () => {
  const environment = { DATABASE_URL: 'postgres://localhost/belay' };
  const read = (more: Readonly<Record<string, string>>) =>
    peppersOf(readConfig({ ...environment, ...more }));
  const fileOf = (text: string): string => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'belay-test-')), 'pepper');
    writeFileSync(file, text);
    return file;
  };

  it('are a list: between commas, or on lines of their own', () => {
    expect(parsePeppers(`${first},${second}`)).toEqual([first, second]);
    expect(parsePeppers(`\n${first}\r\n${second}\n`)).toEqual([first, second]);
    expect(parsePeppers(' , ')).toBeNull();
    expect(parsePeppers(`${first},short`)).toBeNull();
  });

  it('come from the variable or from the file', () => {
    expect(read({ API_KEY_PEPPER: first })).toEqual([first]);
    expect(read({ API_KEY_PEPPER_FILE: fileOf(`${first}\n${second}\n`) })).toEqual([first, second]);
  });

  it('are needed, from one place, and long; what is wrong is told without them', () => {
    const both = { API_KEY_PEPPER: first, API_KEY_PEPPER_FILE: fileOf(first) };
    for (const wrong of [{}, both]) expect(() => read(wrong)).toThrow('one of them alone');
    expect(() => read({ API_KEY_PEPPER_FILE: '/nowhere' })).toThrow('cannot be read');
    for (const wrong of [
      { API_KEY_PEPPER: 'hunter2' },
      { API_KEY_PEPPER_FILE: fileOf('hunter2') },
      { API_KEY_PEPPER: `${first},hunter2` },
    ]) {
      expect(() => read(wrong)).toThrow('must be words of 32 characters or more');
      expect(() => read(wrong)).not.toThrow('hunter2');
    }
  });
});
