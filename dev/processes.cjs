// Processes by pid and start time: a pid alone may belong to somebody else by now.
// CommonJS and Node's own modules only: needed before the build and within it.
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');

/**
 * @typedef {object} ProcessMark
 * @property {number} pid
 * @property {string | null} startTime as the system tells it, to be compared and nothing else;
 *   null when it could not be read
 */

const pollMs = 50;

/**
 * Marks a process that runs now.
 * @param {number} pid
 * @returns {ProcessMark}
 */
function markOf(pid) {
  return { pid, startTime: startTimeOf(pid) };
}

/**
 * Says whether that very process still runs.
 * @param {ProcessMark} mark
 */
function isRunning({ pid, startTime }) {
  return startTime !== null && startTimeOf(pid) === startTime;
}

/**
 * When the process was started; null when there is none, or only its exit code is left.
 * @param {number} pid
 * @returns {string | null}
 */
function startTimeOf(pid) {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold spaces: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

/**
 * Ends that very process: the signal first, SIGKILL after `graceMs`.
 * @param {ProcessMark} mark
 * @param {NodeJS.Signals} signal
 * @param {number} graceMs
 * @returns {Promise<boolean>} whether it ran
 */
async function endProcess(mark, signal, graceMs) {
  if (!isRunning(mark)) return false;
  signalPid(mark.pid, signal);
  if (!(await gone(mark, graceMs))) {
    signalPid(mark.pid, 'SIGKILL');
    await gone(mark, graceMs);
  }
  return true;
}

/**
 * Sends a signal; a process that has ended in this moment is no error.
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalPid(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

/**
 * @param {ProcessMark} mark
 * @param {number} withinMs
 */
async function gone(mark, withinMs) {
  const until = Date.now() + withinMs;
  while (isRunning(mark)) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return true;
}

/** @param {number} pid */
function startTimeFromPs(pid) {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    return text.trim() || null;
  } catch {
    return null;
  }
}

module.exports = { markOf, isRunning, endProcess, signalPid };
