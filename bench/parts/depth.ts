/** Whether a step costs more when many went before it. */
import { inTurn, type Bench } from '../bench.js';
import { untilEnded } from '../contestants.js';
import type { JournalEntry } from '../journal.js';
import { quickPlan } from '../plan.js';
import type { Row, Section } from '../report.js';
import { sampleOf } from '../sample.js';

/** The time of a step is the mean over this many around it: two turns, a read and a payment. */
const window = 8;

/** One agent at a time, as long as the later of the two steps asks for. */
export async function measureDepth(bench: Bench): Promise<Section> {
  const { depthSteps } = bench.sizes;
  const turns = Math.ceil((depthSteps[1] + window) / 2);
  const measured = await inTurn(bench.sizes, bench.contestants, async (contestant) => {
    const runId = await contestant.start(quickPlan(turns));
    await untilEnded(bench.client, [runId]);
    const calls = contestant.calls(runId);
    return depthSteps.map((step) => msPerStep(calls, step));
  });
  const rows = depthSteps.map((step, index): Row => {
    const at = (values: readonly (readonly number[])[]) =>
      sampleOf(values.map((each) => each[index] ?? Number.NaN));
    const cells = {
      belay: at(measured.belay),
      bare: at(measured.bare),
      commits: at(measured.commits),
    };
    return { what: `ms a step at step ${step}`, cells };
  });
  return {
    title: 'Depth',
    meaning: 'One agent alone; the time from one call to the next, early in a long run and late.',
    rows,
  };
}

function msPerStep(calls: readonly JournalEntry[], step: number): number {
  const [from, to] = [calls[step - window], calls[step]];
  return from === undefined || to === undefined ? Number.NaN : (to.atMs - from.atMs) / window;
}
