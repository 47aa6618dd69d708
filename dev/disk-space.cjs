// Whether the disk has room for the data: asked before a start, and watched while the stack runs.
// CommonJS and Node's own modules only: needed before the build and within it.
const fs = require('node:fs');
const path = require('node:path');

/** @typedef {'ample' | 'low' | 'full'} Room */

const mebibyte = 1024 * 1024;
/** A new database with all its parts takes 50 MiB, and grows by 16 MiB at a time. */
const newBytes = 128 * mebibyte;
/** Postgres writes a whole segment of 16 MiB before it does anything else. */
const leastBytes = 32 * mebibyte;
const lowBytes = 200 * mebibyte;
const fullBytes = 16 * mebibyte;

/**
 * What may still be written where the folder is, or will be. Null when nobody knows.
 * @param {string} folder
 * @returns {number | null}
 */
function freeBytes(folder) {
  for (let at = folder; ; at = path.dirname(at)) {
    try {
      const { bavail, bsize } = fs.statfsSync(at);
      return bavail * bsize;
    } catch {
      if (at === path.dirname(at)) return null;
    }
  }
}

/**
 * Why a start would fail for want of room; null when there is enough.
 * @param {string} dataDir
 * @returns {string | null}
 */
function whyNoRoom(dataDir) {
  const isNew = !fs.existsSync(path.join(dataDir, 'pg', 'cluster'));
  const needed = isNew ? newBytes : leastBytes;
  const free = freeBytes(dataDir);
  if (free === null || free >= needed) return null;
  return (
    `The disk of ${dataDir} has ${inWords(free)} left; a start needs ${inWords(needed)}. ` +
    'What is there is safe.\n' +
    '  Free some space, or put the data elsewhere:  BELAY_DATA_DIR=/path npm start'
  );
}

/**
 * Looks at the disk again and again, and tells when it becomes low or full and when it is neither.
 * @param {{ dataDir: string, log: (line: string) => void,
 *   free?: (folder: string) => number | null }} options
 * @returns {{ look: () => void }}
 */
function watchSpace({ dataDir, log, free = freeBytes }) {
  /** @type {Room} */
  let room = 'ample';
  return {
    look: () => {
      const bytes = free(dataDir);
      if (bytes === null) return;
      const next = roomOf(bytes, room);
      if (next === room) return;
      log(newsOf(next, dataDir, inWords(bytes)));
      room = next;
    },
  };
}

/**
 * Half as much again is needed to leave a state, so that it does not come and go.
 * @param {number} bytes
 * @param {Room} before
 * @returns {Room}
 */
function roomOf(bytes, before) {
  if (bytes < fullBytes || (before === 'full' && bytes < fullBytes * 1.5)) return 'full';
  if (bytes < lowBytes || (before !== 'ample' && bytes < lowBytes * 1.5)) return 'low';
  return 'ample';
}

/**
 * @param {Room} room
 * @param {string} dataDir
 * @param {string} left
 */
function newsOf(room, dataDir, left) {
  return {
    ample: `▸ disk  ${left} free again in ${dataDir}`,
    low: `! disk  ${left} free in ${dataDir}: enough for now, but free some space`,
    full:
      `! disk  ${dataDir} is full (${left} free). What was answered is safe; what cannot be ` +
      'written is refused with 503.\n        Free some space: everything goes on by itself.',
  }[room];
}

/** @param {number} bytes */
const inWords = (bytes) => `${Math.floor(bytes / mebibyte)} MB`;

module.exports = { whyNoRoom, watchSpace };
