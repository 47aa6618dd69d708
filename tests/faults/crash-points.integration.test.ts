import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { ApprovalView } from '../../contracts/approval.js';
import { crashPoints, type CrashPoint } from '../../runtime/crash-points.js';
import { eventually } from '../support/eventually.js';
import { createDice, type Dice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { startStack, type Part, type TestStack } from '../support/stack.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { tell } from './figures.js';
import { recoveryOf, runsInHand, startUp } from './lives.js';
import { cases, isLong } from './size.js';
import { createTraffic, insist, type Posted, type Traffic } from './traffic.js';

jest.setTimeout(3_600_000);

const each = cases(1, 10);
/** A kill that is not followed by any progress is not waited for longer. */
const hitWithinMs = 60_000;
/** A story lives through every death that follows, each with a boot and a lease of 10 s at most. */
const storyWithinMs = isLong ? 1_800_000 : 300_000;

let stack: TestStack;
let traffic: Traffic;
let hitsFile: string;
beforeAll(async () => {
  stack = await startStack();
  traffic = createTraffic(stack.api);
  hitsFile = path.join(mkdtempSync(path.join(testServers().folder, 'crash-')), 'hits');
});
afterAll(() => stack.close());

const hits = (): readonly string[] => {
  try {
    return readFileSync(hitsFile, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
};

/** A run from its post to its end, as somebody lives it who does not give up. */
type Story = () => Promise<{ readonly run: Posted; readonly refunds: number }>;

const approved: Story = async () => {
  const run = await traffic.post('asking');
  await answer(run, 'approve');
  return ended(run, 'completed', 1);
};
const rejected: Story = async () => {
  const run = await traffic.post('asking');
  await answer(run, 'reject');
  return ended(run, 'completed', 0);
};
const cancelled: Story = async () => {
  const run = await traffic.post('asking');
  await asked(run);
  await insist(stack.api, 'POST', `/v1/runs/${run.runId}/cancel`, {});
  return ended(run, 'cancelled', 0);
};
/** Its mail is sent, the reply is lost, and a person looks into it. */
const resolved: Story = async () => {
  const message = (order: number) => `Refund order ${order} and email lost-reply@example.com`;
  const run = await traffic.post('small', message);
  await answer(run, 'approve');
  let key = '';
  await eventually(
    'the mail is parked',
    async () => {
      const effects = await stack.api.effects(run.runId).catch(() => []);
      key = effects.find(({ state }) => state === 'parked')?.key ?? '';
      return key !== '';
    },
    storyWithinMs,
  );
  const resolution = { outcome: 'happened', message: 'seen in the mailbox' };
  await insist(stack.api, 'POST', `/v1/effects/${key}/resolutions`, resolution);
  return ended(run, 'completed', 1);
};

/** Its ticket is opened, the reply is lost, and the help desk is searched for it. */
const searched: Story = async () => {
  const message = (order: number) =>
    `Refund order ${order} and open a ticket about order ${order} [desk-lost-reply]`;
  return ended(await traffic.post('small', message), 'completed', 1);
};

async function asked({ runId }: Posted): Promise<ApprovalView> {
  let question: ApprovalView | undefined;
  await eventually(
    `run ${runId} asks`,
    async () => {
      [question] = await stack.api.pending(runId).catch(() => []);
      return question !== undefined;
    },
    storyWithinMs,
  );
  if (question === undefined) throw new Error('It asked');
  return question;
}
async function answer(run: Posted, decision: 'approve' | 'reject'): Promise<void> {
  const { id, argsDigest } = await asked(run);
  await insist(stack.api, 'POST', `/v1/approvals/${id}/decisions`, { decision, argsDigest });
}
async function ended(run: Posted, status: string, refunds: number) {
  await eventually(
    `run ${run.runId} is ${status}`,
    async () => (await stack.api.run(run.runId).catch(() => null))?.status === status,
    storyWithinMs,
  );
  return { run, refunds };
}

interface Place {
  readonly point: CrashPoint;
  /** Which passing of it kills: a run looks its order up before it refunds. */
  readonly nth: number;
  readonly story: Story;
}
const place = (point: CrashPoint, story: Story, nth = 1): Place => ({ point, nth, story });

const places: Readonly<Record<'gateway' | 'worker', readonly Place[]>> = {
  gateway: [
    place('run-created', approved),
    place('decision-written', approved),
    place('outbox-claimed', approved),
    place('start-delivered', approved),
    place('approvalDecided-delivered', rejected),
    place('cancel-written', cancelled),
    place('cancel-delivered', cancelled),
    place('resolution-written', resolved),
    place('effectResolved-delivered', resolved),
  ],
  worker: [
    place('run-opened', approved),
    place('turn-asked', approved, 2),
    place('turn-answered', approved, 2),
    place('turn-committed', approved, 2),
    place('call-judged', approved, 2),
    place('call-dispatched', approved, 2),
    place('call-answered', approved, 2),
    place('call-recorded', approved, 2),
    place('call-searched', searched),
    place('run-locked', approved, 5),
    place('approval-settled', rejected),
    place('call-previewed', approved),
    place('run-stopped', cancelled),
    place('call-settled', resolved),
    place('run-closed', approved),
  ],
};

const shuffled = <Value>(dice: Dice, values: readonly Value[]): readonly Value[] =>
  values
    .map((value) => ({ value, place: dice.roll(1_000_000) }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ value }) => value);

describe.each(['worker', 'gateway'] as const)('a %s that dies at a point of its own', (name) => {
  it('at each of them: no run is lost, no refund is made twice', async () => {
    const dice = createDice(`crash points of the ${name}`);
    const part: Part = stack[name];
    const stories: ReturnType<Story>[] = [];
    const recoveryMs: number[] = [];
    const bootMs: number[] = [];
    const plan = Array.from({ length: each }, () => shuffled(dice, places[name])).flat();
    let inHand: readonly string[] = [];
    for (const { point, nth, story } of plan) {
      await part.kill();
      const before = hits().length;
      const BELAY_CRASH_POINTS = `${point}@${nth}`;
      const birth = await startUp(part, { BELAY_CRASH_POINTS, BELAY_CRASH_HITS: hitsFile });
      bootMs.push(birth.bootMs);
      const told = story();
      // Awaited at the end: one that fails before is no stray rejection.
      told.catch(() => undefined);
      stories.push(told);
      await eventually(`the ${name} passes ${point}`, async () => !part.running, hitWithinMs);
      expect(hits().slice(before)).toEqual([point]);
      inHand = await runsInHand(stack);
    }
    const { upAt } = await startUp(part);
    recoveryMs.push(...(await recoveryOf(stack, inHand, upAt)));
    const told = await Promise.all(stories);
    const made = await Promise.all(
      told.map(async ({ run }) => (await refundsOf(stack, `ch_${run.order}`)).length),
    );
    const lost = told.filter(({ refunds }, index) => made[index]! < refunds).length;
    const duplicated = told.filter(({ refunds }, index) => made[index]! > refunds).length;
    const { seed } = dice;
    const counts = { cases: plan.length, runs: told.length, lost, duplicated };
    tell({ scenario: `${name}: each crash point`, seed, ...counts, recoveryMs, bootMs });
    expect(counts).toMatchObject({ lost: 0, duplicated: 0 });
    for (const { run } of told) await expectTrueStory(stack, run.runId);
  });
});

it('every crash point there is was hit', () => {
  const all: readonly string[] = Object.values(crashPoints).flat();
  expect(hits().toSorted()).toEqual(all.flatMap((point) => Array(each).fill(point)).toSorted());
});
