// Makes a clone ready to run: dependencies, Prisma client, build, workflow bundle, console, Temporal CLI.
import { promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { lastLines, runCommand } from './command.mjs';
import { installedMatchesLock, linkSharedLibraries } from './installed.mjs';
import { hashOfFiles, readStamp, writeStamp } from './stamp.mjs';
import { step, StepError } from './step.mjs';
import { findTemporalCli } from './temporal-cli.mjs';

/** The folder of the clone. */
export const root = path.resolve(import.meta.dirname, '..');

const installTimeoutMs = 15 * 60_000;
const buildTimeoutMs = 5 * 60_000;
const registryFix = 'Check that the npm registry can be reached, then start again.';
/** Whatever was being done: what the system says needs another fix. */
const systemFixes = /** @type {const} */ ([
  [/ENOSPC|no space left/i, `The disk is full: free some space for ${root}, then start again.`],
  [
    /EACCES|EROFS|EPERM|permission denied/i,
    `${root} cannot be written by this user: give it to them, or clone again elsewhere.`,
  ],
]);

/**
 * @typedef {object} Prepared
 * @property {Promise<import('./temporal-cli.mjs').TemporalCli> | null} temporalCli
 *   still on its way when prepare returns; null when it was not asked for
 */

/**
 * Prepares what changed since the last time and nothing else. Throws a StepError that says what
 * failed, what is safe, and the fix.
 * @param {{ log: import('./step.mjs').LineLog, temporalCli?: boolean }} options
 * @returns {Promise<Prepared>}
 */
export async function prepare({ log, temporalCli = true }) {
  const cli = temporalCli ? findTemporalCli({ log }) : null;
  // It is awaited later; until then a failure must not end the process.
  cli?.catch(() => undefined);
  await install(log);
  await generate(log);
  await build(log);
  await bundle(log);
  await buildConsole(log);
  return { temporalCli: cli };
}

/** @param {import('./step.mjs').LineLog} log */
async function install(log) {
  const hash = await hashOfFiles(root, ['package-lock.json'], [process.platform, process.arch]);
  const stamp = path.join(root, 'node_modules', '.belay-lock');
  if ((await readStamp(stamp)) !== hash && !(await installedMatchesLock(root))) {
    await step(log, 'install', () => installDependencies(log));
  }
  await linkSharedLibraries(root);
  await writeStamp(stamp, hash);
}

/** @param {import('./step.mjs').LineLog} log */
async function installDependencies(log) {
  // Started by `npm start`, npm says where it is; started by hand, it is on PATH.
  const script = process.env['npm_execpath'] ?? '';
  const before = /npm-cli\.[cm]?js$/.test(script) ? [script] : [];
  const command = before.length > 0 ? process.execPath : 'npm';
  const kinds = ['--include=dev', '--include=optional'];
  // Two retries within seconds: npm's own pauses make a minute and a half of no network.
  const patience = ['--fetch-retry-mintimeout=2000', '--fetch-retry-maxtimeout=10000'];
  const flags = ['--ignore-scripts', ...kinds, '--no-audit', '--no-fund', ...patience];
  const timeoutMs = installTimeoutMs;
  const ci = [...before, 'ci', ...flags];
  const result = await runCommand({ command, args: ci, cwd: root, timeoutMs });
  if (result.code === 0) return;
  if (!result.output.includes('EUSAGE')) {
    fail('install', result, { command, timeoutMs, fix: registryFix });
  }
  // It insists that the lock file names every platform's optional packages.
  log('  · install: the lock file is not complete: taking from it what it has');
  const loose = [...before, 'install', '--no-save', ...flags];
  await mustRun('install', { command, args: loose, timeoutMs, fix: registryFix });
}

/** @param {import('./step.mjs').LineLog} log */
async function generate(log) {
  const inputs = ['prisma/schema.prisma', 'prisma.config.ts', 'package-lock.json'];
  const hash = await hashOfFiles(root, inputs);
  const stamp = path.join(root, 'node_modules', '.belay-schema');
  const output = path.join(root, 'store', 'generated', 'client.ts');
  if ((await readStamp(stamp)) === hash && (await exists(output))) return;
  await step(log, 'prisma client', () =>
    mustRun('the Prisma client', {
      command: process.execPath,
      args: [path.join('node_modules', 'prisma', 'build', 'index.js'), 'generate'],
      // Only keeps it from downloading an engine that generating does not use.
      env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath },
      timeoutMs: buildTimeoutMs,
      fix: 'Correct prisma/schema.prisma, then start again.',
    }),
  );
  await writeStamp(stamp, hash);
}

/** @param {import('./step.mjs').LineLog} log */
async function build(log) {
  const sources = await sourceFiles();
  const hash = await hashOfFiles(root, [...sources, 'tsconfig.json', 'package-lock.json']);
  const stamp = path.join(root, 'dist', '.belay-build');
  if ((await readStamp(stamp)) === hash) return;
  await step(log, 'build', () =>
    mustRun('the build', {
      command: process.execPath,
      args: [path.join('node_modules', 'typescript', 'bin', 'tsc'), '-p', '.'],
      timeoutMs: buildTimeoutMs,
      fix: 'Correct the lines above, then start again.',
    }),
  );
  await writeStamp(stamp, hash);
}

/** @param {import('./step.mjs').LineLog} log */
async function bundle(log) {
  const output = path.join('dist', 'workflow-bundle.js');
  const inputs = ['dist/workflows', 'dist/contracts', 'dist/worker/bundle.js'];
  const hash = await hashOfFiles(root, [...inputs, 'package-lock.json']);
  const stamp = path.join(root, 'dist', '.belay-bundle');
  if ((await readStamp(stamp)) === hash && (await exists(path.join(root, output)))) return;
  await step(log, 'workflow bundle', () =>
    mustRun('the workflow bundle', {
      command: process.execPath,
      args: [path.join('dist', 'worker', 'bundle.js'), output],
      timeoutMs: buildTimeoutMs,
      fix: 'Correct what it names in workflows/, then start again.',
    }),
  );
  await writeStamp(stamp, hash);
}

/** @param {import('./step.mjs').LineLog} log */
async function buildConsole(log) {
  const inputs = ['console', 'contracts', 'dev/build-console.mjs', 'package-lock.json'];
  const hash = await hashOfFiles(root, inputs);
  const stamp = path.join(root, 'dist', '.belay-console');
  if ((await readStamp(stamp)) === hash) return;
  await step(log, 'console', () =>
    mustRun('the console', {
      command: process.execPath,
      args: [path.join('dev', 'build-console.mjs')],
      timeoutMs: buildTimeoutMs,
      fix: 'Correct the lines above, then start again.',
    }),
  );
  await writeStamp(stamp, hash);
}

/**
 * @param {string} what
 * @param {{ command: string, args: readonly string[], timeoutMs: number, fix: string,
 *   env?: NodeJS.ProcessEnv }} options
 */
async function mustRun(what, { command, args, timeoutMs, fix, env }) {
  const result = await runCommand({ command, args, cwd: root, timeoutMs, env: env ?? process.env });
  if (result.code !== 0) fail(what, result, { command, timeoutMs, fix });
}

/**
 * @param {string} what
 * @param {import('./command.mjs').CommandResult} result
 * @param {{ command: string, timeoutMs: number, fix: string }} context
 * @returns {never}
 */
function fail(what, result, { command, timeoutMs, fix }) {
  const how = {
    'timed-out': `not done in ${timeoutMs / 60_000} min`,
    missing: `${command} is not installed`,
    'not-started': 'it could not be started',
    exited: `exit code ${result.code}`,
  }[result.end];
  throw new StepError(
    `Preparing stopped at ${what}: ${how}.\n${lastLines(result.output)}\n` +
      `Your data were not touched. ${fixFor(result.output) ?? fix}`,
  );
}

/** @param {string} output */
function fixFor(output) {
  return systemFixes.find(([pattern]) => pattern.test(output))?.[1];
}

/** What tsc reads: the folders of tsconfig's include that exist. */
async function sourceFiles() {
  const text = await fs.readFile(path.join(root, 'tsconfig.json'), 'utf8');
  /** @type {{ include: readonly string[] }} */
  const { include } = JSON.parse(text);
  return [...new Set(include.map((pattern) => pattern.split('/')[0] ?? pattern))];
}

/** @param {string} file */
async function exists(file) {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}
