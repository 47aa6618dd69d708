/** Steps a second, and the CPU time of a step, with few agents and with many. */
import { inTurn, type Bench } from '../bench.js';
import { timed, untilEnded, type Contestant, type ContestantName } from '../contestants.js';
import { quickPlan, stepsOf, type Plan } from '../plan.js';
import { cpuMsOf } from '../processes.js';
import type { Row, Section } from '../report.js';
import { sampleOf } from '../sample.js';

const consumers = ['Temporal', 'worker', 'gateway', 'Postgres'] as const;
type Consumer = (typeof consumers)[number];
type Usage = Readonly<Record<Consumer, number>>;

interface Measured {
  readonly stepsPerSecond: number;
  readonly cpuMsPerStep: Usage;
}

/** Runs every size of crowd; the CPU time is told for the largest. */
export async function measureSteps(bench: Bench): Promise<Section> {
  const rows: Row[] = [];
  const { steps } = bench.sizes;
  for (const { agents, turns } of steps) {
    const plan = quickPlan(turns);
    const measured = await inTurn(bench.sizes, bench.contestants, (contestant) =>
      runCrowd(bench, contestant, agents, plan),
    );
    bench.log(`  · ${agents} agents of ${turns} turns`);
    rows.push(rateRow(measured, agents, turns));
    if (agents === steps.at(-1)?.agents) rows.push(...cpuRows(measured));
  }
  return {
    title: 'Steps',
    meaning:
      'A step is one call of the agent: a model call or a tool call. A run of n turns has 2n + 1; ' +
      'what else is done to begin and end a run counts as cost, not as a step. The time goes from ' +
      'the first request to the end of the last run. CPU time is that of the processes, for the ' +
      'largest crowd.',
    rows,
  };
}

async function runCrowd(
  bench: Bench,
  contestant: Contestant,
  agents: number,
  plan: Plan,
): Promise<Measured> {
  const before = usageOf(bench, contestant);
  const { tookMs } = await timed(async () => {
    const runIds = await Promise.all(Array.from({ length: agents }, () => contestant.start(plan)));
    await untilEnded(bench.client, runIds);
  });
  const after = usageOf(bench, contestant);
  const steps = agents * stepsOf(plan);
  const perStep = (name: Consumer) => (after[name] - before[name]) / steps;
  return {
    stepsPerSecond: steps / (tookMs / 1_000),
    cpuMsPerStep: {
      Temporal: perStep('Temporal'),
      worker: perStep('worker'),
      gateway: perStep('gateway'),
      Postgres: perStep('Postgres'),
    },
  };
}

const usageOf = ({ servers, contestants }: Bench, { name, worker }: Contestant): Usage => ({
  Temporal: cpuMsOf(servers.pids.temporal),
  worker: cpuMsOf(worker.pid),
  gateway: name === 'belay' ? cpuMsOf(contestants.belay.gateway.pid) : 0,
  Postgres: cpuMsOf(servers.pids.postgres, 'family'),
});

type ByContestant = Readonly<Record<ContestantName, readonly Measured[]>>;

const rateRow = (measured: ByContestant, agents: number, turns: number): Row => ({
  what: `steps/s, ${agents} ${agents === 1 ? 'agent' : 'agents'} of ${turns} turns`,
  cells: cellsOf(measured, ({ stepsPerSecond }) => stepsPerSecond),
  bounds: [
    { against: 'bare', is: 'at least', value: 0.8 },
    { against: 'commits', is: 'at least', value: 0.95 },
  ],
});

function cpuRows(measured: ByContestant): readonly Row[] {
  const row = (what: string, value: (usage: Usage) => number): Row => ({
    what: `CPU ms a step, ${what}`,
    cells: cellsOf(measured, ({ cpuMsPerStep }) => value(cpuMsPerStep)),
  });
  const total = (usage: Usage) => consumers.reduce((sum, name) => sum + usage[name], 0);
  return [...consumers.map((name) => row(name, (usage) => usage[name])), row('all', total)];
}

const cellsOf = (measured: ByContestant, value: (measured: Measured) => number) => ({
  belay: sampleOf(measured.belay.map(value)),
  bare: sampleOf(measured.bare.map(value)),
  commits: sampleOf(measured.commits.map(value)),
});
