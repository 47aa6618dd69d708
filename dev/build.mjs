// `npm run build`: everything that `npm start` prepares, without the Temporal CLI.
import process from 'node:process';
import { exitOnSignals } from './command.mjs';
import { prepare } from './prepare.mjs';

exitOnSignals();
try {
  await prepare({ log: (line) => process.stdout.write(`${line}\n`), temporalCli: false });
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
