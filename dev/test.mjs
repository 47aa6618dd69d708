// `npm test`: prepares the clone, runs every test, and ends with one line `N passed, N failed`.
import process from 'node:process';
import { runTests } from './run-tests.mjs';

await runTests({ args: process.argv.slice(2) });
