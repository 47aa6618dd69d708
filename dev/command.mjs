// Runs a program to its end, bounded in time, and never leaves it behind.
import { spawn } from 'node:child_process';
import process from 'node:process';

/**
 * @typedef {object} CommandResult
 * @property {number | null} code the exit code; null when it did not start or was ended
 * @property {string} output the last 16 KB of stdout and stderr together
 * @property {'exited' | 'missing' | 'timed-out' | 'not-started'} end how it ended
 */

/**
 * @typedef {object} CommandOptions
 * @property {string} command
 * @property {readonly string[]} args
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {number} timeoutMs the bound; the whole process group is ended at it
 */

const outputLimitBytes = 16 * 1024;
const drainMs = 500;

/** The process groups that run now: ended with this process. @type {Set<number>} */
const running = new Set();

process.on('exit', () => {
  for (const pid of running) endGroup(pid);
});

/**
 * Runs one command. Never rejects: what went wrong is in the result.
 * @param {CommandOptions} options
 * @returns {Promise<CommandResult>}
 */
export function runCommand({ command, args, cwd, env, timeoutMs }) {
  return new Promise((resolve) => {
    const child = spawn(command, [...args], {
      cwd,
      env: env ?? process.env,
      // A group of its own, so that a build's own children end with it.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    let output = '';
    let timedOut = false;
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString('utf8')).slice(-outputLimitBytes);
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', keep);
      // A pipe may end in a reset when the command is killed: its exit tells what happened.
      stream.on('error', () => undefined);
    }
    const timer = setTimeout(() => {
      timedOut = true;
      if (pid !== undefined) endGroup(pid);
    }, timeoutMs);
    const settle = (/** @type {CommandResult} */ result) => {
      clearTimeout(timer);
      if (pid !== undefined) running.delete(pid);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve(result);
    };
    child.on('error', (error) => {
      const end = 'code' in error && error.code === 'ENOENT' ? 'missing' : 'not-started';
      settle({ code: null, output: error.message, end });
    });
    child.on('exit', (code) => {
      const end = timedOut ? 'timed-out' : 'exited';
      // Its last words may still be in the pipes; a grandchild may hold them open for ever.
      const grace = setTimeout(() => settle({ code, output, end }), drainMs);
      child.on('close', () => {
        clearTimeout(grace);
        settle({ code, output, end });
      });
    });
  });
}

/**
 * Makes Ctrl-C and SIGTERM end this process together with the commands that it runs.
 * @returns {() => void} takes the handlers away again
 */
export function exitOnSignals() {
  const onInterrupt = () => process.exit(130);
  const onTerminate = () => process.exit(143);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onTerminate);
  return () => {
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onTerminate);
    process.off('SIGHUP', onTerminate);
  };
}

/**
 * The last lines of a command's output, indented for a message.
 * @param {string} output
 * @param {number} [count]
 */
export function lastLines(output, count = 12) {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-count)
    .map((line) => `    ${line}`)
    .join('\n');
}

/** @param {number} pid */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
