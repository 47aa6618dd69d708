/** `npm run bench`: Belay beside the same agent on Temporal alone, in one run, as ratios. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { createLog } from '../runtime/log.js';
import { openDatabase } from '../store/database.js';
import type { Bench, Part } from './bench.js';
import { startContestants, untilEnded } from './contestants.js';
import { circumstances } from './machine.js';
import { quickPlan } from './plan.js';
import { measureAnswers } from './parts/answers.js';
import { measureAuthority } from './parts/authority.js';
import { measureDepth } from './parts/depth.js';
import { measureEffects } from './parts/effects.js';
import { measureHistory } from './parts/history.js';
import { measureKill } from './parts/kill.js';
import { measureMemory } from './parts/memory.js';
import { measureOverhead } from './parts/overhead.js';
import { measureStarts } from './parts/starts.js';
import { measureSteps } from './parts/steps.js';
import { measureStream } from './parts/stream.js';
import { sectionText, withReport } from './report.js';
import { startServers } from './servers.js';
import { fullSizes, tinySizes, type Sizes } from './sizes.js';

/** In this order: memory last, because it leaves its runs waiting. */
const parts: Readonly<Record<string, Part>> = {
  starts: measureStarts,
  answers: measureAnswers,
  authority: measureAuthority,
  effects: measureEffects,
  stream: measureStream,
  history: measureHistory,
  steps: measureSteps,
  overhead: measureOverhead,
  depth: measureDepth,
  kill: measureKill,
  memory: measureMemory,
};

const usage = `npm run bench -- [part …] [--write <file>] [--tiny]
  part     ${Object.keys(parts).join(', ')}; all of them without one
  --write  puts the tables into the marked section of a Markdown file
  --tiny   a few runs of each: shows that the bench works, and measures nothing`;

export interface BenchOptions {
  readonly args: readonly string[];
  /** The Temporal CLI. */
  readonly cliPath: string;
  readonly log: (line: string) => void;
}

/** Runs the bench and resolves with the exit code. */
export async function runBench({ args, cliPath, log }: BenchOptions): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { write: { type: 'string' }, tiny: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => parts[name] === undefined);
  if (unknown.length > 0) {
    log(`Unknown: ${unknown.join(' ')}. Nothing was measured.\n\n${usage}`);
    return 2;
  }
  const sizes = values.tiny ? tinySizes : fullSizes;
  const chosen = Object.entries(parts).filter(
    ([name]) => positionals.length === 0 || positionals.includes(name),
  );
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const report = await measure(chosen, { sizes, cliPath, command, log });
  if (values.write !== undefined) {
    writeFileSync(values.write, withReport(readFileSync(values.write, 'utf8'), report));
  }
  return 0;
}

interface Measurement {
  readonly sizes: Sizes;
  readonly cliPath: string;
  readonly command: string;
  readonly log: (line: string) => void;
}

async function measure(
  chosen: readonly (readonly [string, Part])[],
  { sizes, cliPath, command, log }: Measurement,
): Promise<string> {
  const servers = await startServers(cliPath, sizes.depthSteps[1]);
  const connection = await Connection.connect({ address: servers.temporalAddress });
  const client = new Client({ connection, identity: 'bench' });
  const quiet = createLog({ service: 'bench', level: 'error', format: 'json' });
  const url = servers.databaseUrl;
  const database = openDatabase({ url, poolSize: 20, log: quiet, name: 'bench' });
  const head = await circumstances(database, command);
  log(`\n${head}\n`);
  const contestants = await startContestants(servers, client, database);
  try {
    const bench: Bench = { servers, contestants, client, database, sizes, log };
    await warmUp(bench);
    const texts = [head];
    for (const [name, part] of chosen) {
      log(`▸ ${name}`);
      const text = sectionText(await part(bench));
      log(`\n${text}\n`);
      texts.push(text);
    }
    return texts.join('\n\n');
  } finally {
    const { belay, bare, commits } = contestants;
    const programs = [belay.gateway, belay.worker, bare.worker, commits.worker];
    await Promise.all(programs.map((program) => program.end('SIGKILL')));
    await Promise.all([connection.close(), database.close()]);
    await servers.stop();
  }
}

/** Code that has not run yet is slow, of whatever contestant. */
async function warmUp({ client, contestants, sizes, log }: Bench): Promise<void> {
  log('▸ warming up');
  const { agents, turns } = sizes.steps[Math.min(1, sizes.steps.length - 1)] ?? {
    agents: 1,
    turns: 1,
  };
  const plan = quickPlan(turns);
  for (const contestant of [contestants.belay, contestants.bare, contestants.commits]) {
    const runIds = await Promise.all(Array.from({ length: agents }, () => contestant.start(plan)));
    await untilEnded(client, runIds);
  }
}
