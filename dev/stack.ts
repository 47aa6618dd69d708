/** `npm start` after the preparation: starts the parts in order, keeps them, stops them in order. */
import { chmodSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { followLogs } from './attention.js';
import { banner, earlyBanner } from './banner.js';
import * as children from './children.js';
import type { Wiring } from './children.js';
import { watchSpace, whyNoRoom } from './disk-space.cjs';
import { ensureDatabase, ensureLogin, ensureShopReader, hasAgents, isForeign } from './database.js';
import { chooseServer, type Cli } from './history-file.js';
import { farewell, lookAtOpenRuns, welcomeBack } from './open-runs.js';
import * as parts from './parts.js';
import { planStack, type StackPlan } from './plan.js';
import { foreignDatabase, unreachableTemporal, unusableDatabase } from './refusals.js';
import { registerAgents } from './register-agents.js';
import { loadPepper, seed } from './seed.js';
import { keepSigningKey } from './signing-key.js';
import { createStackFile, type StackFile } from './stack-file.js';
import { stopSignal } from './stop-signal.js';
import { createSupervisor, logFileOf, type Supervisor } from './supervisor.js';
import { prepareNamespace, reachTemporal } from './temporal.js';
import { migrate } from '../store/migrate.js';

export interface StackOptions {
  readonly root: string;
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The person has said that inherited live keys and foreign databases are meant. */
  readonly useEnv: boolean;
  /** May still be on its way; it is not awaited when the server is the user's own. */
  readonly temporalCli: Promise<Cli> | null;
  /** Gets a CLI with the same server as this one. Rejects when there is none to be had. */
  readonly findSameCli: (cli: Cli) => Promise<Cli>;
  readonly log: (line: string) => void;
}

interface Stack extends StackOptions {
  readonly plan: StackPlan;
  readonly supervisor: Supervisor;
  readonly stackFile: StackFile;
  readonly startedAt: Date;
}

const lookEveryMs = 500;
const stopWithinMs = 14_000;
const logLimitBytes = 10 * 1024 * 1024;

/** Runs the stack until a signal ends it. Resolves with the exit code. */
export async function runStack(options: StackOptions): Promise<number> {
  const { log, dataDir } = options;
  const startedAt = new Date();
  const stopping = stopSignal(log);
  const plan = await planStack(options);
  for (const folder of ['logs', 'stand-ins', 'temporal']) {
    makePrivate(path.join(dataDir, folder));
  }
  keepSigningKey(dataDir);
  const stackFile = createStackFile(path.join(dataDir, 'stack.json'), plan.info);
  const supervisor = createSupervisor({ dataDir, stackFile, log });
  stopping.onForce(() => supervisor.kill());
  const names = ['gateway', 'worker'] as const;
  for (const name of [...names, 'temporal', 'postgres']) shortenLog(logFileOf(dataDir, name));
  const attention = followLogs({
    files: Object.fromEntries(names.map((name) => [name, logFileOf(dataDir, name)])),
    log,
    now: () => performance.now(),
  });
  // Held children do not keep this process running: this does.
  const watched = [attention, supervisor, watchSpace({ dataDir, log })];
  const ticking = setInterval(() => watched.forEach((each) => each.look()), lookEveryMs);
  const stack = { ...options, plan, supervisor, stackFile, startedAt };
  let exitCode = 0;
  try {
    const started = startAll(stack).then(() => stopping.requested);
    await Promise.race([started, stopping.requested, failure(options.temporalCli)]);
    await sayFarewell(stack);
  } catch (error) {
    log(`\n${error instanceof Error ? error.message : String(error)}\n`);
    const noRoom = whyNoRoom(dataDir);
    if (noRoom !== null) log(`${noRoom}\n`);
    exitCode = 1;
  }
  await stopAll(supervisor, log);
  clearInterval(ticking);
  stackFile.remove();
  return exitCode;
}

async function startAll(stack: Stack): Promise<void> {
  const { log, plan, supervisor } = stack;
  const own = plan.switches.temporal;
  if (own) {
    await reachTemporal(own.address, own.apiKey).catch((error: unknown) => {
      throw unreachableTemporal(own.address, error);
    });
  }
  const wiring = await startDatabase(stack);
  await timed(log, 'agents', async () => {
    const start = () => parts.startChild(wiring, children.registration(wiring));
    await registerAgents({
      register: () => supervisor.runOnce('register', start),
      hasAgents: () => hasAgents(wiring.ownerUrl),
      log,
    });
  });
  await timed(log, 'gateway', async () => {
    const spec = children.gateway(wiring);
    await supervisor.keep('gateway', () => parts.startChild(wiring, spec));
    await parts.gatewayReady(plan.info.gatewayUrl);
  });
  log(earlyBanner(plan.info.gatewayUrl));
  const standIns = startStandIns(stack, wiring);
  await Promise.all([standIns, startTemporalPart(stack, wiring)]);
  const worker = await timed(log, 'worker', async () => {
    const spec = children.worker(wiring);
    const running = await supervisor.keep('worker', () => parts.startChild(wiring, spec));
    const { namespace, taskQueue, temporal } = plan.switches;
    const apiKey = temporal?.apiKey ?? null;
    await parts.workerReady(wiring.temporalAddress, namespace, taskQueue, apiKey);
    return running;
  });
  const { gatewayUrl } = plan.info;
  log(banner({ wiring, gatewayUrl, workerPid: worker.pid, elapsed: since(0) }));
  const open = await lookAtOpenRuns(wiring.databaseUrl, stack.startedAt);
  const welcome = open && welcomeBack(open, gatewayUrl);
  if (welcome) log(welcome);
}

/** What is safe, while Postgres can still tell. */
async function sayFarewell({ stackFile, plan, dataDir, log }: Stack): Promise<void> {
  const { databaseUrl } = stackFile.info();
  const open = databaseUrl === '' ? null : await lookAtOpenRuns(databaseUrl);
  const line = open && farewell(open, plan.switches.database ? 'your Postgres' : dataDir);
  if (line) log(line);
}

/** Postgres, its schema, its login, the demo: all that the gateway needs. */
async function startDatabase(stack: Stack): Promise<Wiring> {
  const { log, dataDir, plan, supervisor, stackFile, root, environment } = stack;
  const own = plan.switches.database;
  if (own && (await isForeign(own.ownerUrl).catch(refuse)) && !stack.useEnv) {
    throw foreignDatabase();
  }
  const ownerUrl = own
    ? own.ownerUrl
    : await timed(log, 'postgres', async () => {
        const start = () => parts.startOwnPostgres(dataDir, plan.ports.postgres, log);
        const { url } = await keepPostgres(supervisor, start);
        return ensureDatabase(url, 'belay');
      });
  await timed(log, 'migrate', async () => {
    const applied = await migrate(ownerUrl);
    if (applied.length > 0) log(`  · migrate: ${applied.length} applied`);
  });
  const databaseUrl = own
    ? own.url
    : await ensureLogin(ownerUrl, path.join(dataDir, 'pg', 'runtime-password'));
  stackFile.update({ databaseUrl });
  await seed(ownerUrl, plan.info.keys, loadPepper(dataDir));
  const queryUrl = own
    ? null
    : await ensureShopReader(ownerUrl, path.join(dataDir, 'pg', 'reader-password'));
  const { switches, ports, info } = plan;
  const { temporalAddress, temporalUiUrl } = info;
  const wired = { root, dataDir, environment, switches, ports, databaseUrl, ownerUrl, queryUrl };
  return { ...wired, temporalAddress, temporalUiUrl };
}

/** The supervisor knows a part's pid; whoever comes after needs its URL too. */
async function keepPostgres(
  supervisor: Supervisor,
  start: () => ReturnType<typeof parts.startOwnPostgres>,
) {
  let url = '';
  await supervisor.keep('postgres', async () => {
    const running = await start();
    url = running.url;
    return running;
  });
  return { url };
}

async function startStandIns({ supervisor, log }: Stack, wiring: Wiring): Promise<void> {
  const specs = children.standIns(wiring);
  if (specs.length === 0) return;
  await timed(log, 'stand-ins', async () => {
    await Promise.all(
      specs.map(async (spec) => {
        await supervisor.keep(spec.name, () => parts.startChild(wiring, spec));
        if (spec.port !== null) await parts.portReady(spec.name, spec.port);
      }),
    );
  });
}

async function startTemporalPart(stack: Stack, wiring: Wiring): Promise<void> {
  const { log, dataDir, plan, supervisor, temporalCli } = stack;
  if (temporalCli === null) {
    const { namespace, temporal } = plan.switches;
    const apiKey = temporal?.apiKey ?? null;
    const whose = { namespace, apiKey, isOurs: false };
    await prepareNamespace(wiring.temporalAddress, whose).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      log(`! temporal  the search attributes could not be added to your server: ${why}`);
    });
    return;
  }
  const history = await chooseServer({
    folder: path.join(dataDir, 'temporal'),
    found: await temporalCli,
    findSame: stack.findSameCli,
    countRuns: async () => (await lookAtOpenRuns(wiring.databaseUrl))?.inEngine ?? null,
    log,
  });
  await timed(log, 'temporal', async () => {
    const start = () => parts.startOwnTemporal(wiring, history.cli.path, log);
    await supervisor.keep('temporal', start);
    history.served();
    await prepareNamespace(wiring.temporalAddress);
  });
}

/** In order: who makes work, who does it, what it is done with. The whole is bounded. */
async function stopAll(supervisor: Supervisor, log: (line: string) => void): Promise<void> {
  const deadline = setTimeout(() => {
    log('! not everything ended in 14 s: ending the rest');
    supervisor.kill();
  }, stopWithinMs);
  await supervisor.stop('gateway', 'worker');
  await supervisor.stop('model', 'payments', 'mail', 'desk', 'temporal');
  await supervisor.stop('postgres');
  clearTimeout(deadline);
  log('▸ stopped');
}

async function timed<Result>(
  log: (line: string) => void,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const startedAt = performance.now();
  const result = await work();
  log(`▸ ${name.padEnd(9)}  ${since(startedAt)}`);
  return result;
}

const since = (startedAt: number): string =>
  `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`;

/** For its owner alone, also where an earlier start made it: it holds customers' mail. */
function makePrivate(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o700);
}

/** A log that has grown large starts anew; the one before is kept beside it. */
function shortenLog(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > logLimitBytes) renameSync(file, `${file}.1`);
}

/** Rejects when the promise does, and is never fulfilled. */
async function failure(promise: Promise<unknown> | null): Promise<never> {
  await promise;
  return new Promise(() => undefined);
}

function refuse(error: unknown): never {
  throw unusableDatabase(error);
}
