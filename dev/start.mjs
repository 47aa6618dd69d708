// `npm start`: prepares the clone and runs the whole stack. Needs nothing but Node and npm.
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { exitOnSignals } from './command.mjs';
import { claimInstance, endLeftovers, releaseInstance, wipe } from './instance.cjs';
import { whyNoRoom } from './disk-space.cjs';
import { prepare, root } from './prepare.mjs';
import { StepError } from './step.mjs';
import { findTemporalCli } from './temporal-cli.mjs';

const usage = `npm start -- [--fresh] [--use-env]
  --fresh    wipes .data first: database, histories, keys
  --use-env  a live payment key or a foreign database in the environment is meant
Environment: PORT, DATABASE_URL, TEMPORAL_ADDRESS, TEMPORAL_CLI_PATH, ANTHROPIC_API_KEY,
STRIPE_API_KEY, SMTP_URL, DESK_URL; BELAY_DATA_DIR puts the data elsewhere.`;

const log = (/** @type {string} */ line) => {
  process.stdout.write(`${line}\n`);
};

async function main() {
  const options = new Set(process.argv.slice(2));
  const unknown = [...options].filter((option) => !['--fresh', '--use-env'].includes(option));
  if (unknown.length > 0) {
    const asksForHelp = unknown.includes('--help');
    if (!asksForHelp) log(`Unknown: ${unknown.join(' ')}. Nothing was started.\n`);
    log(usage);
    return asksForHelp ? 0 : 2;
  }
  if (process.platform === 'win32') {
    log('The local stack needs Linux or macOS. On Windows, run it in WSL.');
    return 1;
  }
  const dataDir = path.resolve(root, process.env['BELAY_DATA_DIR'] || '.data');
  const noRoom = whyNoRoom(dataDir);
  if (noRoom !== null) {
    log(noRoom);
    return 1;
  }
  const claim = claimFolder(dataDir);
  if (!claim.claimed) {
    const stackFile = path.join(dataDir, 'stack.json');
    const url = consoleUrl(stackFile);
    const where = url === null ? '' : ` Its console is at ${url}.`;
    log(`Belay is already running here (pid ${claim.pid}).${where} All its addresses are in`);
    log(`${stackFile}. Stop it with Ctrl-C there, or kill ${claim.pid}.`);
    return 1;
  }
  try {
    return await run(dataDir, claim.leftovers, options);
  } finally {
    releaseInstance(dataDir);
  }
}

/** @param {string} dataDir */
function claimFolder(dataDir) {
  try {
    return claimInstance(dataDir);
  } catch (error) {
    throw new StepError(
      `The data folder ${dataDir} cannot be written: ${messageOf(error)}.\n` +
        'Nothing was started, and what is there was not touched.\n' +
        '  Give it to the user who starts, or put the data elsewhere:  BELAY_DATA_DIR=/path npm start',
    );
  }
}

/**
 * Where the console of the stack is that runs; null when it does not say so yet.
 * @param {string} stackFile
 * @returns {string | null}
 */
function consoleUrl(stackFile) {
  try {
    return JSON.parse(readFileSync(stackFile, 'utf8')).gatewayUrl ?? null;
  } catch {
    return null;
  }
}

/**
 * @param {string} dataDir
 * @param {Readonly<Record<string, import('./processes.cjs').ProcessMark>>} leftovers
 * @param {ReadonlySet<string>} options
 * @returns {Promise<number>} the exit code
 */
async function run(dataDir, leftovers, options) {
  const releaseSignals = exitOnSignals();
  // One that a killed start has left is true no more.
  rmSync(path.join(dataDir, 'stack.json'), { force: true });
  const ended = await endLeftovers(leftovers);
  if (ended.length > 0) log(`▸ ended what a killed start had left: ${ended.join(', ')}`);
  if (options.has('--fresh')) {
    wipe(dataDir);
    log(`▸ wiped ${dataDir}`);
  }
  const { temporalCli } = await prepare({ log, temporalCli: !process.env['TEMPORAL_ADDRESS'] });
  releaseSignals();
  const entry = pathToFileURL(path.join(root, 'dist', 'dev', 'stack.js')).href;
  /** @type {typeof import('./stack.js')} */
  const { runStack } = await import(entry);
  return runStack({
    root,
    dataDir,
    environment: process.env,
    useEnv: options.has('--use-env'),
    temporalCli,
    findSameCli: (same) => findTemporalCli({ log, same }),
    log,
  });
}

// A log file on a full disk, a closed pipe or terminal: nobody reads, but the stack goes on.
process.stdout.on('error', () => undefined);

try {
  // What may still run (a download, a build) ends with this process.
  process.exit(await main());
} catch (error) {
  log(`\n${messageOf(error)}\n`);
  process.exit(1);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
