// Remembers from which inputs something was made, so that it is made again only when they change.
import { createHash } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';

/**
 * The digest of the named files and of all files in the named folders. What is absent counts too.
 * @param {string} root
 * @param {readonly string[]} names relative to root
 * @param {readonly string[]} [facts] that count as inputs as well
 * @returns {Promise<string>}
 */
export async function hashOfFiles(root, names, facts = []) {
  const hash = createHash('sha256');
  for (const fact of facts) hash.update(`${fact}\n`);
  for (const name of names) {
    for (const file of await filesOf(path.join(root, name))) {
      const content = createHash('sha256').update(await fs.readFile(file));
      hash.update(`${path.relative(root, file)} ${content.digest('hex')}\n`);
    }
  }
  return hash.digest('hex');
}

/**
 * @param {string} file
 * @returns {Promise<string | null>} null when there is none
 */
export async function readStamp(file) {
  return fs.readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

/**
 * Writes it whole, and only when it says something new: a clone that is ready may be read-only.
 * @param {string} file
 * @param {string} hash
 */
export async function writeStamp(file, hash) {
  if ((await readStamp(file)) === hash) return;
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(`${file}.new`, `${hash}\n`);
  await fs.rename(`${file}.new`, file);
}

/**
 * @param {string} place a file, a folder or nothing
 * @returns {Promise<readonly string[]>} sorted
 */
async function filesOf(place) {
  const stat = await fs.stat(place).catch(() => null);
  if (!stat) return [];
  if (stat.isFile()) return [place];
  const entries = await fs.readdir(place, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}
