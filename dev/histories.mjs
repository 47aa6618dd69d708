// `npm run histories [-- kind …]`: records the histories that `npm test` replays, on a stack of its own.
import { spawn } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { prepare, root } from './prepare.mjs';
import { testEnvironment } from './test-environment.mjs';

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

try {
  const { temporalCli } = await prepare({ log });
  const cli = await temporalCli;
  const program = path.join(root, 'dist/tests/replay/record.js');
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...testEnvironment(process.env), BELAY_TEST_TEMPORAL_CLI: cli?.path ?? 'temporal' },
    stdio: 'inherit',
  });
  child.on('exit', (code) => process.exit(code ?? 1));
} catch (error) {
  log(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
