// `npm run bench`: prepares the clone and measures Belay beside Temporal alone.
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { exitOnSignals } from './command.mjs';
import { prepare, root } from './prepare.mjs';

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

async function main() {
  if (process.platform !== 'linux') {
    log('The bench reads /proc, so it needs Linux. Nothing was measured.');
    return 1;
  }
  exitOnSignals();
  const { temporalCli } = await prepare({ log });
  const cli = await temporalCli;
  const entry = pathToFileURL(path.join(root, 'dist', 'bench', 'main.js')).href;
  /** @type {typeof import('../bench/main.js')} */
  const { runBench } = await import(entry);
  return runBench({ args: process.argv.slice(2), cliPath: cli?.path ?? 'temporal', log });
}

try {
  process.exit(await main());
} catch (error) {
  log(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}
