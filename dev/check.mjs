// `npm run check`: format, lint, types, dead code, unit tests. All are run; any failure fails it.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { exitOnSignals } from './command.mjs';
import { prepare, root } from './prepare.mjs';
import { elapsed } from './step.mjs';
import { testEnvironment } from './test-environment.mjs';

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

/** Each with the entry of its package and its arguments. */
const checks = /** @type {const} */ ([
  { name: 'format', entry: 'oxfmt/bin/oxfmt', args: ['--check', '.'] },
  { name: 'lint', entry: 'oxlint/bin/oxlint', args: ['--deny-warnings', '.'] },
  { name: 'types', entry: 'typescript/bin/tsc', args: ['-p', '.', '--noEmit'] },
  { name: 'console types', entry: 'typescript/bin/tsc', args: ['-p', 'console'] },
  { name: 'dead code', entry: 'knip/bin/knip.js', args: [] },
  { name: 'unit tests', entry: 'jest/bin/jest.js', args: ['--selectProjects', 'unit', '-w', '2'] },
]);

async function main() {
  exitOnSignals();
  await prepare({ log, temporalCli: false });
  const startedAt = performance.now();
  /** @type {string[]} */
  const failed = [];
  for (const { name, entry, args } of checks) {
    const checkedAt = performance.now();
    const { code, output } = await run(entry, args);
    log(`${code === 0 ? '✓' : '✗'} ${name.padEnd(10)}  ${elapsed(checkedAt)}`);
    if (code === 0) continue;
    failed.push(name);
    log(output.trimEnd());
  }
  const verdict = failed.length === 0 ? 'All is well' : `Failed: ${failed.join(', ')}`;
  log(`${verdict} (${elapsed(startedAt)})`);
  return failed.length === 0 ? 0 : 1;
}

/**
 * @param {string} entry within node_modules
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(entry, args) {
  return new Promise((resolve) => {
    const script = path.join(root, 'node_modules', entry);
    const env = { ...testEnvironment(process.env), FORCE_COLOR: process.stdout.isTTY ? '1' : '0' };
    const child = spawn(process.execPath, [script, ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (/** @type {Buffer} */ chunk) => (output += chunk.toString('utf8')));
      // A pipe may end in a reset: the exit tells what happened.
      stream.on('error', () => undefined);
    }
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

try {
  process.exit(await main());
} catch (error) {
  log(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
