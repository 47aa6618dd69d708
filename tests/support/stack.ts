/** The whole product as real processes, on a database and a task queue of its own. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ownPort } from './ports.js';
import { projectRoot } from '../../runtime/project-root.js';
import { createApi, type Api } from './api.js';
import { openTestDatabase, type TestDatabase } from './database.js';
import { testPepper, testServers, type TestServers } from './servers.js';
import { eventually } from './eventually.js';
import { startProgram, type Program } from './program.js';
import { signing, trusting } from './signing-keys.js';

/** A process of the product: it can be killed, stopped and started again, with the same settings. */
export interface Part {
  readonly pid: number;
  readonly running: boolean;
  /** Starts it; `more` is set for this start alone. */
  start(more?: Readonly<Record<string, string>>): Promise<void>;
  /** Resolves when it has ended by itself. */
  readonly ended: Promise<unknown>;
  /** Sends a signal and goes on at once, such as to stop it or to let it continue. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves when the process has ended. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** What it has logged so far. */
  log(): string;
}

export interface TestStack {
  readonly test: TestDatabase;
  readonly api: Api;
  readonly gateway: Part;
  readonly worker: Part;
  /** Starts one more gateway, which signs with this private key. */
  secondGateway(privateKeyPem: string): Promise<Part & { readonly url: string; readonly api: Api }>;
  /** One more worker like the first; not running yet. */
  anotherWorker(): Part;
  /** A worker that lacks a tool; not running yet. */
  workerWithout(tool: string): Part;
  /** A worker whose refunds can be taken back; not running yet. */
  workerWithUndo(): Part;
  /** A second worker, which is not started. */
  readonly spareWorker: Part;
  readonly taskQueue: string;
  readonly gatewayUrl: string;
  readonly model: StandIn;
  readonly payments: StandIn;
  readonly mail: StandIn;
  readonly desk: StandIn;
  close(): Promise<void>;
}

export interface StandIn extends Part {
  readonly url: string;
  /** Everything it received, oldest first. */
  journal(): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface StackOptions {
  /** Other servers than the run's. */
  readonly servers?: TestServers;
  /** Another Temporal than the servers', such as one that is down. */
  readonly temporalAddress?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Another program than the product's worker, and what it is told besides. */
  readonly worker?: {
    readonly program: readonly [string, ...string[]];
    readonly environment: Readonly<Record<string, string>>;
  };
}

/** Starts stand-ins, gateway and worker, and resolves when the gateway answers. */
export async function startStack(options: StackOptions = {}): Promise<TestStack> {
  const servers = options.servers ?? testServers();
  const test = await openTestDatabase(servers);
  const folder = mkdtempSync(path.join(servers.folder, 'stack-'));
  const taskQueue = path.basename(folder);
  const [model, payments, mail, desk] = await Promise.all([
    startStandIn('model', folder),
    startStandIn('payments', folder),
    startStandIn('mail', folder),
    startStandIn('desk', folder),
  ]);
  const common = {
    NODE_ENV: 'test',
    DATABASE_URL: test.url,
    TEMPORAL_ADDRESS: options.temporalAddress ?? servers.temporalAddress,
    TEMPORAL_TASK_QUEUE: taskQueue,
    LOG_LEVEL: 'info',
    ...options.environment,
  };
  const gatewayOf = (port: number, privateKey: string): Part =>
    part(['server/main'], path.join(folder, `gateway-${port}.log`), {
      ...common,
      ...signing(privateKey),
      API_KEY_PEPPER: testPepper,
      PORT: String(port),
      BELAY_LOCAL_PRINCIPAL: '1',
    });
  const port = await ownPort();
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const gateway = gatewayOf(port, servers.signingKey);
  const workerEnvironment = {
    ...common,
    ...trusting(servers.signingKey),
    WORKFLOW_BUNDLE: path.join(projectRoot, 'dist/workflow-bundle.js'),
    ANTHROPIC_API_KEY: 'stand-in',
    ANTHROPIC_BASE_URL: model.url,
    OPENAI_API_KEY: 'stand-in',
    OPENAI_BASE_URL: `${model.url}/openai/v1`,
    MODEL_IDLE_TIMEOUT_MS: '1000',
    STRIPE_API_KEY: 'sk_test_stand_in',
    STRIPE_BASE_URL: payments.url,
    SMTP_URL: mail.smtpUrl,
    DESK_URL: desk.url,
    DESK_TOKEN: 'desk_test_stand_in',
    ...options.worker?.environment,
  };
  const workerProgram = options.worker?.program ?? ['worker/main'];
  const workerLog = path.join(folder, 'worker.log');
  const worker = part(workerProgram, workerLog, workerEnvironment);
  const spareLog = path.join(folder, 'spare-worker.log');
  const spareWorker = part(workerProgram, spareLog, workerEnvironment);
  const others: Part[] = [];
  const otherWorker = (...program: readonly [string, ...string[]]): Part => {
    const other = part(program, workerLog, workerEnvironment);
    others.push(other);
    return other;
  };
  await Promise.all([gateway.start(), worker.start()]);
  await untilAnswers(gateway, gatewayUrl);
  const parts = [worker, spareWorker, gateway, model, payments, mail, desk];
  return {
    test,
    api: createApi(gatewayUrl),
    gateway,
    worker,
    secondGateway: async (privateKey) => {
      const otherPort = await ownPort();
      const url = `http://127.0.0.1:${otherPort}`;
      const other = gatewayOf(otherPort, privateKey);
      others.push(other);
      await other.start();
      await untilAnswers(other, url);
      return Object.assign(other, { url, api: createApi(url) });
    },
    anotherWorker: () => otherWorker(...workerProgram),
    workerWithout: (tool) => otherWorker('tests/support/worker-without', tool),
    workerWithUndo: () => otherWorker('tests/support/worker-with-undo'),
    spareWorker,
    taskQueue,
    gatewayUrl,
    model,
    payments,
    mail,
    desk,
    close: async () => {
      await Promise.all([...parts, ...others].map((each) => each.kill('SIGKILL')));
      await test.close();
    },
  };
}

/** Starts a stand-in with its journal in the folder, and resolves when it answers. */
export async function startStandIn(
  name: 'model' | 'payments' | 'mail' | 'desk',
  folder: string,
): Promise<StandIn & { readonly smtpUrl: string }> {
  const program = `stand-ins/${name}/main`;
  const queryPort = name === 'mail' ? await ownPort() : null;
  const { process, url, port } = await startService(program, folder, name, queryPort);
  return Object.assign(process, {
    url,
    smtpUrl: `smtp://127.0.0.1:${port}`,
    journal: async () => {
      const answer = await fetch(`${url}/${name === 'mail' ? 'messages' : 'journal'}`);
      const { data } = (await answer.json()) as { data: Record<string, unknown>[] };
      return data;
    },
  });
}

/** Starts a service with its journal in the folder, and resolves when it answers at `url`. */
export async function startService(
  program: string,
  folder: string,
  name: string,
  queryPort: number | null = null,
): Promise<{ readonly process: Part; readonly url: string; readonly port: number }> {
  const port = await ownPort();
  const url = `http://127.0.0.1:${queryPort ?? port}`;
  const process = part([program], path.join(folder, `${name}.log`), {
    STAND_IN_PORT: String(port),
    STAND_IN_QUERY_PORT: String(queryPort ?? port),
    STAND_IN_JOURNAL: path.join(folder, `${name}.jsonl`),
  });
  await process.start();
  await untilAnswers(process, url);
  return { process, url, port };
}

/** A program that fails by itself, while a test needs it, explains what the test says later. */
const tellFailure = (logFile: string) => (exitCode: number | null) => {
  if (exitCode === null || exitCode === 0) return;
  const lastLines = readFileSync(logFile, 'utf8').split('\n').slice(-20).join('\n');
  process.stderr.write(`${logFile} ended with ${exitCode}:\n${lastLines}\n`);
};

async function untilAnswers(program: Part, url: string): Promise<void> {
  await eventually(`${url} answers`, async () => {
    const answer = await fetch(`${url}/livez`).catch(() => null);
    // Another's answer is none.
    if (!program.running) throw new Error(`The program of ${url} ended:\n${program.log()}`);
    return answer?.ok === true;
  });
}

/** A program of `dist` (or of another place when it is absolute) with its arguments. Not started yet. */
export function part(
  [module, ...options]: readonly [string, ...string[]],
  logFile: string,
  environment: Record<string, string>,
): Part {
  let program: Program | null = null;
  return {
    get pid() {
      return program?.pid ?? 0;
    },
    get running() {
      return program?.running === true;
    },
    get ended() {
      return program?.ended ?? Promise.resolve();
    },
    start: async (more = {}) => {
      const file = path.resolve(projectRoot, 'dist', `${module}.js`);
      program = startProgram([file, ...options], { ...environment, ...more }, logFile);
      await once(program.child, 'spawn');
      void program.ended.then(tellFailure(logFile));
    },
    signal: (signal) => void program?.child.kill(signal),
    kill: async (signal = 'SIGKILL') => {
      if (program?.running !== true) return;
      program.child.kill(signal);
      await program.ended;
    },
    log: () => readFileSync(logFile, 'utf8'),
  };
}
