/** From a request to its promise, and to the first tool. */
import { inTurn, type Bench } from '../bench.js';
import { untilEnded } from '../contestants.js';
import { monotonicMs } from '../journal.js';
import { quickPlan } from '../plan.js';
import type { Section } from '../report.js';
import { quantile, sampleOf, typicalOf } from '../sample.js';

const plan = quickPlan(1);

/** Starts runs of one turn, each when the one before has ended. */
export async function measureStarts(bench: Bench): Promise<Section> {
  const { belay, bare, commits } = await inTurn(
    { ...bench.sizes, rounds: bench.sizes.starts },
    bench.contestants,
    async (contestant) => {
      const sentMs = monotonicMs();
      const runId = await contestant.start(plan);
      const promisedMs = monotonicMs();
      await untilEnded(bench.client, [runId]);
      const toolMs =
        contestant.calls(runId).find(({ kind }) => kind === 'tool')?.atMs ?? Number.NaN;
      return { promise: promisedMs - sentMs, tool: toolMs - sentMs };
    },
  );
  const promises = belay.map(({ promise }) => promise);
  const tool = (measured: readonly { readonly tool: number }[]) =>
    typicalOf(measured.map((each) => each.tool));
  return {
    title: 'Starts',
    meaning:
      'One run at a time, the machine otherwise idle; milliseconds, with the middle nine tenths. ' +
      'The baselines are started by the client itself: nothing of theirs is promised in Postgres ' +
      'first, and no gateway is passed.',
    rows: [
      {
        what: 'POST to 202',
        cells: { belay: typicalOf(promises) },
        bounds: [{ against: 'itself', is: 'at most', value: 3 }],
      },
      { what: 'POST to 202, p99', cells: { belay: sampleOf([quantile(promises, 0.99)]) } },
      {
        what: 'POST to first tool',
        cells: { belay: tool(belay), bare: tool(bare), commits: tool(commits) },
      },
    ],
  };
}
