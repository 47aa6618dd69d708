/** What the kill of a worker costs the runs that it carries. */
import { setTimeout as wait } from 'node:timers/promises';
import { inTurn, type Bench } from '../bench.js';
import { timed, untilEnded, type Contestant } from '../contestants.js';
import { monotonicMs } from '../journal.js';
import { stepsOf, type Plan } from '../plan.js';
import type { Section } from '../report.js';
import { sampleOf } from '../sample.js';

interface Killed {
  readonly undisturbedMs: number;
  readonly firstCallMs: number;
  readonly allDoneMs: number;
  readonly wholeMs: number;
}

/** Lets a crowd run once undisturbed; then kills the worker when a third is done, and starts it again. */
export async function measureKill(bench: Bench): Promise<Section> {
  const { agents, turns, callMs } = bench.sizes.killed;
  const plan = { turns, modelMs: callMs, toolMs: callMs, asks: false };
  const measured = await inTurn(bench.sizes, bench.contestants, async (contestant) => {
    const { tookMs } = await timed(async () => {
      await untilEnded(bench.client, await startAll(contestant, agents, plan));
    });
    return { undisturbedMs: tookMs, ...(await killOnce(bench, contestant, agents, plan)) };
  });
  const row = (what: string, value: (killed: Killed) => number) => ({
    what,
    cells: {
      belay: sampleOf(measured.belay.map(value)),
      bare: sampleOf(measured.bare.map(value)),
      commits: sampleOf(measured.commits.map(value)),
    },
  });
  return {
    title: 'A killed worker',
    meaning:
      `${agents} runs of ${turns} turns whose calls take ${callMs} ms. The worker is killed with ` +
      'SIGKILL when a third of the calls has begun, and started again at once; milliseconds.',
    rows: [
      row('start to all done, undisturbed', ({ undisturbedMs }) => undisturbedMs),
      row('start to all done, with the kill', ({ wholeMs }) => wholeMs),
      row('kill to first call', ({ firstCallMs }) => firstCallMs),
      row('kill to all done', ({ allDoneMs }) => allDoneMs),
    ],
  };
}

const startAll = (contestant: Contestant, agents: number, plan: Plan) =>
  Promise.all(Array.from({ length: agents }, () => contestant.start(plan)));

async function killOnce(
  { client }: Bench,
  contestant: Contestant,
  agents: number,
  plan: Plan,
): Promise<Omit<Killed, 'undisturbedMs'>> {
  const { journal, worker } = contestant;
  const before = journal().length;
  const beganMs = monotonicMs();
  const runIds = await startAll(contestant, agents, plan);
  const third = Math.floor((agents * stepsOf(plan)) / 3);
  while (journal().length < before + third) await wait(5);
  const killedMs = monotonicMs();
  await worker.end('SIGKILL');
  const callsBefore = journal().length;
  await worker.start();
  await untilEnded(client, runIds);
  const doneMs = monotonicMs();
  const first = journal()[callsBefore]?.atMs ?? Number.NaN;
  return {
    firstCallMs: first - killedMs,
    allDoneMs: doneMs - killedMs,
    wholeMs: doneMs - beganMs,
  };
}
