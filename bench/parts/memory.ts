/** What a run costs while it waits for a person. */
import type { Bench } from '../bench.js';
import type { Contestant } from '../contestants.js';
import { memoryBytesOf } from '../processes.js';
import { startAsking } from '../questions.js';
import { quickPlan } from '../plan.js';
import type { Row, Section } from '../report.js';
import { sampleOf, type Sample } from '../sample.js';

const plan = quickPlan(1, true);
const holders = ['worker', 'gateway', 'Temporal', 'Postgres'] as const;
type Held = Readonly<Record<(typeof holders)[number], number>>;

/** Brings runs to their question and leaves them there: nothing should be measured after this. */
export async function measureMemory(bench: Bench): Promise<Section> {
  const { belay, bare } = bench.contestants;
  // From fresh processes: what earlier parts have left would hide what runs add.
  await belay.gateway.end('SIGTERM');
  await belay.gateway.start();
  await belay.http.untilUp();
  const [ours, theirs] = [await growthOf(bench, belay), await growthOf(bench, bare)];
  const rows = bench.sizes.waitingRuns.flatMap((count, index) =>
    holders.map((holder): Row => {
      const cell = (values: readonly Held[]): Sample =>
        sampleOf([(values[index]?.[holder] ?? Number.NaN) / 1_024]);
      const what = `KiB a run at ${count}, ${holder}`;
      const cells = { belay: cell(ours), ...(holder === 'gateway' ? {} : { bare: cell(theirs) }) };
      return { what, cells };
    }),
  );
  return {
    title: 'Memory of waiting runs',
    meaning:
      'What processes hold more than before there were such runs, divided by their number; garbage ' +
      'that is not collected yet included. A worker keeps at most 500 runs at hand: of more, ' +
      'those that waited longest are let go and read again when something happens.',
    rows,
  };
}

async function growthOf(bench: Bench, contestant: Contestant): Promise<readonly Held[]> {
  await contestant.worker.end('SIGTERM');
  await contestant.worker.start();
  const [few, many] = bench.sizes.waitingRuns;
  // The first run makes a worker load what it needs.
  await startAsking(bench, contestant, 1, plan);
  const before = heldOf(bench, contestant);
  await startAsking(bench, contestant, few, plan);
  const withFew = heldOf(bench, contestant);
  await startAsking(bench, contestant, many - few, plan);
  const withMany = heldOf(bench, contestant);
  return [perRun(before, withFew, few), perRun(before, withMany, many)];
}

const heldOf = ({ servers, contestants }: Bench, { worker }: Contestant): Held => ({
  worker: memoryBytesOf(worker.pid),
  gateway: memoryBytesOf(contestants.belay.gateway.pid),
  Temporal: memoryBytesOf(servers.pids.temporal),
  Postgres: memoryBytesOf(servers.pids.postgres, 'family'),
});

function perRun(before: Held, after: Held, runs: number): Held {
  const of = (holder: keyof Held) => (after[holder] - before[holder]) / runs;
  return {
    worker: of('worker'),
    gateway: of('gateway'),
    Temporal: of('Temporal'),
    Postgres: of('Postgres'),
  };
}
