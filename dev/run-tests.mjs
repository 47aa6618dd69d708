// Prepares the clone and runs tests of it, with nothing of the environment but what tests are told.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { exitOnSignals } from './command.mjs';
import { prepare, root } from './prepare.mjs';
import { testEnvironment } from './test-environment.mjs';

/**
 * @typedef {object} TestRun
 * @property {readonly string[]} args what jest is told
 * @property {Readonly<Record<string, string>>} [environment] what the tests are told
 * @property {(folder: string) => Promise<void>} [atEnd] what is done before `folder` goes
 */

/** Where tests may leave what `atEnd` reads. */
const folderVariable = 'BELAY_TEST_FOLDER';

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

/**
 * Prepares, runs, ends with one line `N passed, N failed` and with this process.
 * @param {TestRun} run
 */
export async function runTests(run) {
  try {
    process.exit(await main(run));
  } catch (error) {
    log(`\n${error instanceof Error ? error.message : String(error)}\n`);
    log('0 passed, 1 failed');
    process.exit(1);
  }
}

/** @param {TestRun} run */
async function main({ args, environment = {}, atEnd }) {
  const releaseSignals = exitOnSignals();
  const { temporalCli } = await prepare({ log });
  const cli = temporalCli ? await temporalCli : null;
  releaseSignals();
  const scratch = await mkdtemp(path.join(os.tmpdir(), 'belay-test-'));
  try {
    const report = path.join(scratch, 'report.json');
    const code = await runJest(report, args, {
      ...testEnvironment(process.env),
      ...(cli ? { BELAY_TEST_TEMPORAL_CLI: cli.path } : {}),
      ...environment,
      [folderVariable]: scratch,
    });
    await atEnd?.(scratch);
    const { passed, failed, names } = await readReport(report);
    for (const name of names) log(`failed: ${name}`);
    log(`${passed} passed, ${failed} failed`);
    return code === 0 && failed > 0 ? 1 : code;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {string} report where jest writes its results
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} jest's exit code
 */
function runJest(report, args, env) {
  const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const output = ['--json', `--outputFile=${report}`];
  const workers = args.some((option) => /^(-w|-i|--maxWorkers|--runInBand)/.test(option))
    ? []
    : ['--maxWorkers=2'];
  return new Promise((resolve) => {
    // Its results as JSON are in the file; what people read comes on stderr.
    const child = spawn(process.execPath, [jest, ...workers, ...output, ...args], {
      cwd: root,
      env,
      stdio: ['inherit', 'ignore', 'inherit'],
    });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      // The terminal has told jest of a Ctrl-C already; the others reach only us.
      process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
    }
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * A file that could not be run counts as one failure: its tests are unknown.
 * @param {string} file
 */
async function readReport(file) {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { passed: 0, failed: 1, names: [] };
  /** @type {{ numPassedTests: number, numFailedTests: number, numRuntimeErrorTestSuites: number,
   *   testResults: { name: string, status: string,
   *     assertionResults: { status: string, fullName: string }[] }[] }} */
  const report = JSON.parse(text);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
    names: report.testResults
      .filter((each) => each.status === 'failed')
      .flatMap(({ name, assertionResults }) => {
        const tests = assertionResults.filter((each) => each.status === 'failed');
        const place = path.relative(root, name);
        return tests.length === 0
          ? [`${place}, which could not be run`]
          : tests.map((test) => `${place} › ${test.fullName}`);
      }),
  };
}
