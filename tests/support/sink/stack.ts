/** A stack whose worker has the tools of the effect sink, with the sink and a scripted model beside it. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import type { AgentSpec } from '../../../contracts/agent.js';
import type { EffectClass } from '../../../contracts/effect.js';
import type { RunView } from '../../../contracts/run.js';
import { ruleDefaults } from '../../../policy/rules.js';
import { toolSpecOf } from '../../../worker/load-agents.js';
import { toolProblems } from '../../../worker/check-tool.js';
import { registerDesk } from '../agents.js';
import { testServers, type TestServers } from '../servers.js';
import { startService, startStack, type Part, type TestStack } from '../stack.js';
import type { SinkEntry } from './journal.js';
import { scriptMessage, startScriptedModel, type Script } from './model.js';
import { createSinkTools } from './tools.js';

export interface SinkStack extends TestStack {
  readonly sink: Sink;
  /** Starts a run whose model plays this script. */
  play(script: Script, agent?: string): Promise<RunView>;
  /** How often the thing of this name was truly done. */
  timesDone(effect: EffectClass, reference: string): Promise<number>;
}

export interface Sink {
  readonly process: Part;
  readonly url: string;
  journal(): Promise<readonly SinkEntry[]>;
  /** The references whose requests are held. */
  held(): Promise<readonly string[]>;
  release(reference: string): Promise<void>;
}

/** The agent that has all the tools of the sink, and asks nobody. */
export const sinkAgent = 'sink-desk';

export interface SinkStackOptions {
  /** What its workers are told besides. */
  readonly worker?: Readonly<Record<string, string>>;
  /** Other servers than the run's. */
  readonly servers?: TestServers;
  /** Where the sink is for the workers, such as behind a proxy; where it is unless it says more. */
  readonly wayToSink?: (port: number) => Promise<number>;
}

/** Starts all of it; the worker polls. */
export async function startSinkStack(options: SinkStackOptions = {}): Promise<SinkStack> {
  const [model, sink] = await Promise.all([startScriptedModel(), startSinkProcess()]);
  const way = new URL(sink.url);
  way.port = String((await options.wayToSink?.(Number(way.port))) ?? way.port);
  const stack = await startStack({
    servers: options.servers ?? testServers(),
    worker: {
      program: ['tests/support/sink/worker', way.origin],
      environment: { ...options.worker, ANTHROPIC_BASE_URL: model.url },
    },
  });
  await createRows(stack);
  await registerSinkAgent(stack);
  return {
    ...stack,
    sink,
    play: (script, agent = sinkAgent) => stack.api.start(scriptMessage(script), {}, agent),
    timesDone: async (effect, reference) => {
      if (effect === 'transactional') return rowsOf(stack, reference);
      const entries = await sink.journal();
      const kind = effect === 'read' ? 'arrived' : 'effect';
      return entries.filter((each) => each.kind === kind && each.reference === reference).length;
    },
    close: async () => {
      await Promise.all([stack.close(), sink.process.kill(), model.close()]);
    },
  };
}

async function startSinkProcess(): Promise<Sink> {
  const folder = mkdtempSync(path.join(testServers().folder, 'sink-'));
  const { process, url } = await startService('tests/support/sink/main', folder, 'sink');
  const ask = async <Row>(route: string, method = 'GET'): Promise<readonly Row[]> => {
    const answer = await fetch(`${url}${route}`, { method });
    const { data } = (await answer.json()) as { data: readonly Row[] };
    return data;
  };
  return {
    process,
    url,
    journal: () => ask<SinkEntry>('/journal'),
    held: () => ask<string>('/held'),
    release: async (reference) => void (await ask(`/release/${reference}`, 'POST')),
  };
}

/** The table of the transactional tool: it counts, and refuses nothing. */
async function createRows({ test }: TestStack): Promise<void> {
  const client = new Client({ connectionString: test.ownerUrl });
  await client.connect();
  try {
    await client.query(`
      CREATE TABLE sink_row (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        reference text NOT NULL
      );
      GRANT SELECT, INSERT ON sink_row TO PUBLIC`);
  } finally {
    await client.end();
  }
}

async function rowsOf({ test }: TestStack, reference: string): Promise<number> {
  const sql = 'SELECT count(*)::int AS rows FROM sink_row WHERE reference = $1';
  const { rows } = await test.database.pool.query<{ rows: number }>(sql, [reference]);
  return rows[0]?.rows ?? 0;
}

/** Registers the agent of the sink's tools, with something changed. */
export async function registerSinkAgent(
  { test }: Pick<TestStack, 'test'>,
  changes: Partial<AgentSpec> = {},
): Promise<void> {
  const tools = createSinkTools('http://127.0.0.1:9');
  const problems = tools.flatMap((tool) => toolProblems(tool, tools));
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await registerDesk(test.database, changes.name ?? sinkAgent, () => ({
    tools: tools.map(toolSpecOf),
    policy: [allowAll],
    inputSchema: { type: 'object' },
    ...changes,
  }));
}

const allowAll = {
  ...ruleDefaults,
  id: 'allow-all',
  when: 'true',
  decision: 'allow',
  reason: 'Tests ask nobody.',
} as const;
