/** What a turn and an approval add to the engine's history. */
import { setTimeout as wait } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { untilEnded, type Contestant } from '../contestants.js';
import { click, signalBaseline } from '../questions.js';
import { quickPlan } from '../plan.js';
import type { Section } from '../report.js';
import { sampleOf, type Sample } from '../sample.js';

interface Size {
  readonly events: number;
  readonly bytes: number;
}

interface Growth {
  readonly turn: Size;
  readonly approval: Size;
}

/** Compares histories of two lengths, with and without approvals. */
export async function measureHistory(bench: Bench): Promise<Section> {
  const { belay, bare, commits } = bench.contestants;
  const [ours, bares, theirs] = [
    await growthOf(bench, belay, (runId) => click(bench, runId)),
    await growthOf(bench, bare, (runId) => signalBaseline(bench, runId)),
    await growthOf(bench, commits, (runId) => signalBaseline(bench, runId)),
  ];
  const cells = (value: (growth: Growth) => number) => ({
    belay: one(value(ours)),
    bare: one(value(bares)),
    commits: one(value(theirs)),
  });
  const atMost = (value: number) => [{ against: 'itself', is: 'at most', value }] as const;
  return {
    title: 'History',
    meaning:
      'What one more turn of one call adds to a history, and what an approval adds to its turn. The ' +
      'answers of the stub are short; Belay keeps them out of the history however long they are.',
    rows: [
      { what: 'events a turn', cells: cells(({ turn }) => turn.events), bounds: atMost(14) },
      { what: 'bytes a turn', cells: cells(({ turn }) => turn.bytes), bounds: atMost(4_096) },
      {
        what: 'events an approval',
        cells: cells(({ approval }) => approval.events),
        bounds: atMost(24),
      },
      { what: 'bytes an approval', cells: cells(({ approval }) => approval.bytes) },
    ],
  };
}

const one = (value: number): Sample => sampleOf([value]);

async function growthOf(
  bench: Bench,
  contestant: Contestant,
  approve: (runId: string) => Promise<unknown>,
): Promise<Growth> {
  const [few, many] = bench.sizes.historyTurns;
  const short = await sizeOf(bench, contestant, few, null);
  const long = await sizeOf(bench, contestant, many, null);
  const asked = await sizeOf(bench, contestant, few, approve);
  return {
    turn: perTurn(short, long, many - few),
    approval: perTurn(short, asked, few),
  };
}

const perTurn = (from: Size, to: Size, turns: number): Size => ({
  events: (to.events - from.events) / turns,
  bytes: (to.bytes - from.bytes) / turns,
});

async function sizeOf(
  bench: Bench,
  contestant: Contestant,
  turns: number,
  approve: ((runId: string) => Promise<unknown>) | null,
): Promise<Size> {
  const runId = await contestant.start(quickPlan(turns, approve !== null));
  for (let turn = 1; turn <= turns; turn += 1) {
    if (approve === null) break;
    await untilAsked(contestant, runId, turn);
    await approve(runId);
  }
  await untilEnded(bench.client, [runId]);
  const { historyLength, historySize } = await bench.client.workflow.getHandle(runId).describe();
  return { events: historyLength, bytes: historySize ?? 0 };
}

/** The model has answered, and the workflow has had time to take that in. */
async function untilAsked(contestant: Contestant, runId: string, turn: number): Promise<void> {
  while (!contestant.calls(runId).some((call) => call.kind === 'model' && call.turn === turn)) {
    await wait(5);
  }
  await wait(200);
}
