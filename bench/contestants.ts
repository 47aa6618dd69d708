/** Those who are compared: Belay, a bare workflow, and one whose activities make the same commits. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { workflowTaskTimeoutMs } from '../contracts/retry-policies.js';
import { anyPort } from '../dev/ports.js';
import { newRunId } from '../runtime/ids.js';
import { projectRoot } from '../runtime/project-root.js';
import { createSigner, newPrivateKey, type Signer } from '../runtime/signing.js';
import { trustedKeysText } from '../runtime/trusted-keys.js';
import type { Database } from '../store/database.js';
import { insertRun } from './baseline/rows.js';
import type { BaselineInput } from './baseline/workflows.js';
import { createGatewayClient, type GatewayClient } from './gateway-client.js';
import { followJournal, monotonicMs, type JournalEntry } from './journal.js';
import type { Plan } from './plan.js';
import { createProgram, type Program } from './program.js';
import type { Servers } from './servers.js';
import { agentName } from './stub-agent.js';

export type ContestantName = 'belay' | 'bare' | 'commits';

export interface Contestant {
  readonly name: ContestantName;
  readonly worker: Program;
  /** Asks for one run and resolves with its id when that is promised. */
  start(plan: Plan): Promise<string>;
  /** The calls of one run, in order. */
  calls(runId: string): readonly JournalEntry[];
  /** All calls so far. */
  journal(): readonly JournalEntry[];
}

export interface Belay extends Contestant {
  readonly gateway: Program;
  readonly http: GatewayClient;
  /** Signs as the gateway does. */
  readonly signer: Signer;
}

export interface Contestants {
  readonly belay: Belay;
  readonly bare: Contestant;
  readonly commits: Contestant;
}

/** Resolves when the runs have ended. A run that is promised may not have reached Temporal yet. */
export async function untilEnded(client: Client, runIds: readonly string[]): Promise<void> {
  await Promise.all(
    runIds.map(async (runId) => {
      for (;;) {
        try {
          await client.workflow.getHandle(runId).result();
          return;
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
          await wait(betweenMs);
        }
      }
    }),
  );
}

const betweenMs = 5;

/** Starts every worker, and Belay's gateway. */
export async function startContestants(
  servers: Servers,
  client: Client,
  database: Database,
): Promise<Contestants> {
  const contestants: Contestants = {
    belay: await createBelay(servers),
    bare: createBaseline(servers, client, null),
    commits: createBaseline(servers, client, database),
  };
  const { belay, bare, commits } = contestants;
  await Promise.all(
    [belay.gateway, ...[belay, bare, commits].map(({ worker }) => worker)].map((each) =>
      each.start(),
    ),
  );
  await belay.http.untilUp();
  return contestants;
}

const common = (servers: Servers) => ({
  NODE_ENV: 'production',
  DATABASE_URL: servers.databaseUrl,
  TEMPORAL_ADDRESS: servers.temporalAddress,
});

async function createBelay(servers: Servers): Promise<Belay> {
  const port = await anyPort();
  const env = { ...common(servers), TEMPORAL_TASK_QUEUE: 'belay' };
  const http = createGatewayClient(port);
  const privateKey = newPrivateKey();
  const signer = createSigner(privateKey);
  const { keyId, publicKey: key } = signer;
  const gateway = createProgram({
    script: 'server/main.js',
    args: [],
    env: {
      ...env,
      SIGNING_KEY: privateKey,
      API_KEY_PEPPER: randomUUID(),
      PORT: String(port),
      BELAY_LOCAL_PRINCIPAL: '1',
    },
    logFile: path.join(servers.folder, 'gateway.log'),
  });
  const bundle = path.join(projectRoot, 'dist', 'workflow-bundle.js');
  return {
    ...contestant(servers, 'belay', 'bench/belay-worker.js', [], {
      ...env,
      TRUSTED_KEYS: trustedKeysText([{ keyId, key }]),
      WORKFLOW_BUNDLE: bundle,
    }),
    gateway,
    http,
    signer,
    start: async (plan) => {
      const body = { agent: agentName, input: { message: JSON.stringify(plan) } };
      const { id } = await http.post<{ id: string }>('/v1/runs', body);
      return id;
    },
  };
}

/** With a database it keeps rows. */
function createBaseline(servers: Servers, client: Client, database: Database | null): Contestant {
  const name = database === null ? 'bare' : 'commits';
  const env = {
    ...common(servers),
    TEMPORAL_TASK_QUEUE: name,
    WORKFLOW_BUNDLE: servers.baselineBundle,
  };
  return {
    ...contestant(servers, name, 'bench/baseline/worker.js', [name], env),
    start: async (plan) => {
      const runId = newRunId();
      if (database !== null) await insertRun(database, runId);
      const input: BaselineInput = { runId, plan, keepsRows: database !== null };
      await client.workflow.start('baselineAgent', {
        workflowId: runId,
        taskQueue: name,
        args: [input],
        workflowTaskTimeout: workflowTaskTimeoutMs,
      });
      return runId;
    },
  };
}

function contestant(
  { folder }: Servers,
  name: ContestantName,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Omit<Contestant, 'start'> {
  const journalFile = path.join(folder, `${name}.journal`);
  const logFile = path.join(folder, `${name}-worker.log`);
  const journal = followJournal(journalFile);
  return {
    name,
    worker: createProgram({ script, args: [journalFile, ...args], env, logFile }),
    journal,
    calls: (runId) => journal().filter((entry) => entry.runId === runId),
  };
}

/** Runs `work`, and says how long it took in milliseconds. */
export async function timed<Result>(
  work: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly tookMs: number }> {
  const beganMs = monotonicMs();
  const result = await work();
  return { result, tookMs: monotonicMs() - beganMs };
}
