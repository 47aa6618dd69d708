/** What a step takes beyond its call, among runs whose calls take as long as real ones. */
import { inTurn, type Bench } from '../bench.js';
import { untilEnded, type Contestant } from '../contestants.js';
import type { Plan } from '../plan.js';
import type { Row, Section } from '../report.js';
import { typicalOf } from '../sample.js';

/** Every size of crowd is in flight at once. */
export async function measureOverhead(bench: Bench): Promise<Section> {
  const { agents, turns, modelMs, toolMs } = bench.sizes.paced;
  const plan: Plan = { turns, modelMs, toolMs, asks: false };
  const rows: Row[] = [];
  for (const count of agents) {
    const measured = await inTurn(bench.sizes, bench.contestants, (contestant) =>
      overheadsOf(bench, contestant, count, plan),
    );
    bench.log(`  · ${count} runs in flight`);
    rows.push({
      what: `ms beyond a call, ${count} ${count === 1 ? 'run' : 'runs'} in flight`,
      cells: {
        belay: typicalOf(measured.belay.flat()),
        bare: typicalOf(measured.bare.flat()),
        commits: typicalOf(measured.commits.flat()),
      },
      bounds: [{ against: 'itself', is: 'at most', value: 25 }],
    });
  }
  return {
    title: 'Overhead of a step',
    meaning:
      `From the end of a call to the beginning of the next of its run; a model call takes ` +
      `${modelMs} ms, a tool call ${toolMs} ms, and a run has ${turns} turns. Milliseconds, with ` +
      'the middle nine tenths. Where runs want more steps a second than these processors make, ' +
      'calls wait for each other, and this is that wait.',
    rows,
  };
}

/** Of each two calls that follow each other in one run: the time between them. */
async function overheadsOf(
  bench: Bench,
  contestant: Contestant,
  count: number,
  plan: Plan,
): Promise<readonly number[]> {
  const runIds = await Promise.all(Array.from({ length: count }, () => contestant.start(plan)));
  await untilEnded(bench.client, runIds);
  return runIds.flatMap((runId) => {
    const calls = contestant.calls(runId);
    return calls.slice(1).map(({ atMs }, index) => {
      const before = calls[index]!;
      return atMs - before.atMs - (before.kind === 'model' ? plan.modelMs : plan.toolMs);
    });
  });
}
