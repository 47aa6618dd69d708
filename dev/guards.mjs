// `npm run guards`: prepares the clone, then removes each guard in a copy and demands a red test.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { exitOnSignals } from './command.mjs';
import { prepare, root } from './prepare.mjs';
import { testEnvironment } from './test-environment.mjs';

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

async function main() {
  const releaseSignals = exitOnSignals();
  const words = process.argv.slice(2);
  const { temporalCli } = await prepare({ log, temporalCli: !words.includes('--page') });
  const cli = temporalCli ? await temporalCli : null;
  releaseSignals();
  return run(words, {
    ...testEnvironment(process.env),
    ...(cli ? { BELAY_TEST_TEMPORAL_CLI: cli.path } : {}),
  });
}

/**
 * @param {readonly string[]} words
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>} the exit code
 */
function run(words, env) {
  const script = path.join(root, 'dist', 'tests', 'guards', 'main.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...words], { cwd: root, env, stdio: 'inherit' });
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      // The terminal has told it of a Ctrl-C already.
      process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
    }
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

try {
  process.exit(await main());
} catch (error) {
  log(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
