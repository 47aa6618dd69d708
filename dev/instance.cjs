// One stack a data folder: who runs it, and which processes it has started.
// CommonJS and Node's own modules only: needed before the build and within it.
const fs = require('node:fs');
const path = require('node:path');
const { endProcess, isRunning, markOf } = require('./processes.cjs');

/** @typedef {import('./processes.cjs').ProcessMark} ProcessMark */

/**
 * @typedef {object} Instance
 * @property {ProcessMark} supervisor
 * @property {Readonly<Record<string, ProcessMark>>} children
 */

/**
 * @typedef {{ claimed: true, leftovers: Readonly<Record<string, ProcessMark>> }
 *   | { claimed: false, pid: number }} Claim
 */

const leftoverGraceMs = 3_000;

/** @param {string} dataDir */
const fileOf = (dataDir) => path.join(dataDir, 'supervisor.json');

/**
 * Takes the data folder for this process. Refused while another supervisor runs; what one that was
 * killed has left behind is handed over. Throws when the folder cannot be written.
 * @param {string} dataDir
 * @returns {Claim}
 */
function claimInstance(dataDir) {
  fs.mkdirSync(dataDir, { recursive: true });
  const file = fileOf(dataDir);
  const before = readInstance(dataDir);
  if (before && isRunning(before.supervisor)) {
    return { claimed: false, pid: before.supervisor.pid };
  }
  if (!setAside(file)) return { claimed: false, pid: readInstance(dataDir)?.supervisor.pid ?? 0 };
  try {
    const text = JSON.stringify({ supervisor: markOf(process.pid), children: {} });
    // Of two starts in one moment, one makes the file.
    fs.writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    return { claimed: false, pid: readInstance(dataDir)?.supervisor.pid ?? 0 };
  }
  return { claimed: true, leftovers: before?.children ?? {} };
}

/**
 * Removes a stale claim, and only that: another start may have made its own in this moment.
 * @param {string} file
 */
function setAside(file) {
  const aside = `${file}.${process.pid}`;
  try {
    fs.renameSync(file, aside);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return true;
  }
  /** @type {Instance | null} */
  const moved = parseInstance(fs.readFileSync(aside, 'utf8'));
  const isStale = !moved || !isRunning(moved.supervisor);
  if (isStale) fs.rmSync(aside, { force: true });
  else fs.renameSync(aside, file);
  return isStale;
}

/**
 * Keeps the list of started processes, for the next start in case this one is killed.
 * @param {string} dataDir
 * @param {Readonly<Record<string, ProcessMark>>} children
 */
function recordChildren(dataDir, children) {
  const file = fileOf(dataDir);
  const text = JSON.stringify({ supervisor: markOf(process.pid), children });
  fs.writeFileSync(`${file}.new`, text, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

/** @param {string} dataDir */
function releaseInstance(dataDir) {
  fs.rmSync(fileOf(dataDir), { force: true });
}

/**
 * Ends what a killed supervisor has left running.
 * @param {Readonly<Record<string, ProcessMark>>} leftovers
 * @returns {Promise<readonly string[]>} the names of those that ran
 */
async function endLeftovers(leftovers) {
  const ended = await Promise.all(
    Object.entries(leftovers).map(async ([name, mark]) => {
      // Postgres takes SIGINT as "now, but in order".
      const signal = name === 'postgres' ? 'SIGINT' : 'SIGTERM';
      return (await endProcess(mark, signal, leftoverGraceMs)) ? [name] : [];
    }),
  );
  return ended.flat();
}

/**
 * Empties the data folder, except for fetched tools and the claim.
 * @param {string} dataDir
 */
function wipe(dataDir) {
  const kept = new Set(['tools', path.basename(fileOf(dataDir))]);
  for (const name of fs.readdirSync(dataDir)) {
    if (!kept.has(name)) fs.rmSync(path.join(dataDir, name), { recursive: true, force: true });
  }
}

/**
 * @param {string} dataDir
 * @returns {Instance | null}
 */
function readInstance(dataDir) {
  try {
    return parseInstance(fs.readFileSync(fileOf(dataDir), 'utf8'));
  } catch {
    return null;
  }
}

/**
 * @param {string} text
 * @returns {Instance | null} null for a file that was cut off
 */
function parseInstance(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

module.exports = { claimInstance, recordChildren, releaseInstance, endLeftovers, wipe };
