/** From a person's answer to the tool that it allows. */
import type { Bench } from '../bench.js';
import { untilEnded, type Contestant } from '../contestants.js';
import { quickPlan } from '../plan.js';
import type { Section } from '../report.js';
import { typicalOf } from '../sample.js';
import { click, signalBaseline, signalDecision, startAsking } from '../questions.js';

const plan = quickPlan(1, true);

type Answer = (bench: Bench, runId: string) => Promise<number>;

/** Clicks through the gateway; signals with the gateway stopped, so that it sends none of its own. */
export async function measureAnswers(bench: Bench): Promise<Section> {
  const { belay, bare } = bench.contestants;
  const { answers } = bench.sizes;
  const [clicked, signalled, baseline] = [
    await startAsking(bench, belay, answers, plan),
    await startAsking(bench, belay, answers, plan),
    await startAsking(bench, bare, 2 * answers, plan),
  ];
  const clicks = { belay: [] as number[], bare: [] as number[] };
  const signals = { belay: [] as number[], bare: [] as number[] };
  const measure = (contestant: Contestant, runId: string | undefined, answer: Answer) =>
    delayOf(bench, contestant, runId ?? '', answer);
  for (const [index, runId] of clicked.entries()) {
    clicks.belay.push(await measure(belay, runId, click));
    clicks.bare.push(await measure(bare, baseline[index], signalBaseline));
  }
  await belay.gateway.end('SIGTERM');
  for (const [index, runId] of signalled.entries()) {
    signals.belay.push(await measure(belay, runId, signalDecision));
    signals.bare.push(await measure(bare, baseline[answers + index], signalBaseline));
  }
  await belay.gateway.start();
  await belay.http.untilUp();
  return {
    title: 'Answers',
    meaning:
      'Milliseconds from an approval to the beginning of the tool, with the middle nine tenths. A ' +
      'click is a POST to the gateway, which commits the decision and then signals; the bare ' +
      "workflow's is its signal, which nobody records or checks.",
    rows: [
      {
        what: 'signal to tool',
        cells: { belay: typicalOf(signals.belay), bare: typicalOf(signals.bare) },
        bounds: [{ against: 'bare', is: 'at most', value: 1.25 }],
      },
      {
        what: 'click to tool',
        cells: { belay: typicalOf(clicks.belay), bare: typicalOf(clicks.bare) },
        bounds: [{ against: 'bare', is: 'at most', value: 2 }],
      },
    ],
  };
}

async function delayOf(
  bench: Bench,
  contestant: Contestant,
  runId: string,
  answer: Answer,
): Promise<number> {
  const sentMs = await answer(bench, runId);
  await untilEnded(bench.client, [runId]);
  const tool = contestant.calls(runId).find(({ kind }) => kind === 'tool');
  return (tool?.atMs ?? Number.NaN) - sentMs;
}
