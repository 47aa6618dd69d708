/** The worker is killed at every point of a call of every class; the sink's journal is the judge. */
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { effectClasses, type EffectClass } from '../../contracts/effect.js';
import type { CrashPoint } from '../../runtime/crash-points.js';
import { eventually } from '../support/eventually.js';
import { createDice, type Dice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import type { SinkFault } from '../support/sink/journal.js';
import { startSinkStack, type SinkStack } from '../support/sink/stack.js';
import { toolOfClass } from '../support/sink/tools.js';
import {
  isDuplicate,
  isMisjudged,
  resolveByTruth,
  typesOf,
  untilSettled,
  verdictOf,
  type EffectCase,
  type EffectVerdict,
} from './effect-verdict.js';
import { tell } from './figures.js';
import { startUp } from './lives.js';
import { cases, isLong } from './size.js';

jest.setTimeout(7_200_000);

const times = cases(1, 20);
const hitWithinMs = 60_000;

/** A stack of its own, and what its workers died of: deaths in one wait for none in another. */
interface Lane {
  readonly stack: SinkStack;
  readonly hitsFile: string;
}

let lanes: readonly Lane[];
beforeAll(async () => {
  lanes = await Promise.all(
    Array.from({ length: isLong ? 4 : 1 }, async () => ({
      stack: await startSinkStack(),
      hitsFile: path.join(mkdtempSync(path.join(testServers().folder, 'ledger-')), 'hits'),
    })),
  );
});
afterAll(() => Promise.all(lanes.map(({ stack }) => stack.close())));

/** Where the worker dies. `sent`: the service has the request, done or not, and holds its answer. */
type Place =
  | Extract<
      CrashPoint,
      'call-judged' | 'call-dispatched' | 'call-answered' | 'call-recorded' | 'call-searched'
    >
  | 'sent'
  /** The first point that is passed after the result was returned: in the next turn. */
  | 'turn-answered';

/** A search is not told apart from no search by the classes that never make one. */
const placesOf: Readonly<Record<EffectClass, readonly Place[]>> = {
  read: everyPlace(),
  idempotent: everyPlace('sent'),
  keyed: everyPlace('sent'),
  reconcilable: everyPlace('sent', 'call-searched'),
  // Sent and answered are one: both happen in the transaction that `call-answered` stands in.
  transactional: everyPlace(),
  unsafe: everyPlace('sent'),
};

function everyPlace(...more: readonly Place[]): readonly Place[] {
  return [
    'call-judged',
    'call-dispatched',
    'call-answered',
    'call-recorded',
    'turn-answered',
    ...more,
  ];
}

interface Death {
  readonly effect: EffectClass;
  readonly place: Place;
  readonly round: number;
}

/** Every second round the other way: what is held is done already, what is searched for is not there. */
function faultOf({ place, round }: Death): SinkFault | undefined {
  const isOdd = round % 2 === 1;
  if (place === 'sent') return isOdd ? 'hold-before' : 'hold-after';
  if (place === 'call-searched') return isOdd ? 'fail-before' : 'lose-reply';
  return undefined;
}

const hitsOf = ({ hitsFile }: Lane): readonly string[] => {
  try {
    return readFileSync(hitsFile, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
};

/** Starts a run while no worker lives, then a worker that dies at the place, and only in this run. */
async function die(lane: Lane, death: Death, index: number): Promise<EffectCase> {
  const { effect, place } = death;
  const { stack, hitsFile } = lane;
  await stack.worker.kill();
  const reference = `${effect}-${place}-${index}`;
  const fault = faultOf(death);
  const args = { reference, ...(fault === undefined ? {} : { fault }) };
  const { id: runId } = await stack.play([[{ tool: toolOfClass[effect], args }]]);
  if (place === 'sent') {
    await stack.worker.start();
    const isHeld = async () => (await stack.sink.held()).includes(reference);
    await eventually(`the sink holds ${reference}`, isHeld, hitWithinMs);
    await stack.worker.kill();
    await stack.sink.release(reference);
  } else {
    const nth = place === 'turn-answered' ? 2 : 1;
    const before = hitsOf(lane).length;
    await stack.worker.start({
      BELAY_CRASH_RUN: runId,
      BELAY_CRASH_POINTS: `${place}@${nth}`,
      BELAY_CRASH_HITS: hitsFile,
    });
    const isDead = async () => !stack.worker.running;
    await eventually(`the worker passes ${place} of ${effect}`, isDead, hitWithinMs);
    expect(hitsOf(lane).slice(before)).toEqual([place]);
  }
  return { effect, reference, runId };
}

const shuffled = <Value>(dice: Dice, values: readonly Value[]): readonly Value[] =>
  values
    .map((value) => ({ value, place: dice.roll(1_000_000) }))
    .toSorted((left, right) => left.place - right.place)
    .map(({ value }) => value);

/** What must be known of a death whose worker nobody killed again before it was settled. */
function expectKnown(death: Death, { effectRow, timesDone, events }: EffectVerdict): void {
  const what = { ...death, state: effectRow?.state, timesDone, events: typesOf(events) };
  const isParked = effectRow?.state === 'parked';
  // Only where nobody can find out, and there always.
  const isUncertain = ['call-dispatched', 'sent', 'call-answered'].includes(death.place);
  if (death.effect === 'unsafe' && isUncertain)
    expect({ ...what, isParked }).toMatchObject({ isParked: true });
  if (death.effect !== 'unsafe') expect({ ...what, isParked }).toMatchObject({ isParked: false });
}

interface Planned {
  readonly death: Death;
  readonly index: number;
}

/** All deaths of a lane one after the other, then what became of each. */
async function dieAndJudge(lane: Lane, deaths: readonly Planned[]): Promise<EffectVerdict[]> {
  const { stack } = lane;
  const told: { readonly death: Death; readonly its: EffectCase }[] = [];
  for (const { death, index } of deaths) told.push({ death, its: await die(lane, death, index) });
  await startUp(stack.worker);
  const verdicts: EffectVerdict[] = [];
  for (const { death, its } of told) {
    await untilSettled(stack, its);
    const verdict = await verdictOf(stack, its);
    expectKnown(death, verdict);
    await resolveByTruth(stack, verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

describe('a worker that is killed at a point of a call', () => {
  it('of any class: nothing is done twice or lost, and what nobody can know waits for a person', async () => {
    const dice = createDice('crash points of calls');
    const plan = Array.from({ length: times }, (_, round) =>
      shuffled(
        dice,
        effectClasses.flatMap((effect) =>
          placesOf[effect].map((place) => ({ effect, place, round })),
        ),
      ),
    ).flat();
    const deaths = plan.map((death, index) => ({ death, index }));
    const judged = await Promise.all(
      lanes.map((lane, at) =>
        dieAndJudge(
          lane,
          deaths.filter(({ index }) => index % lanes.length === at),
        ),
      ),
    );
    const verdicts = judged.flat();
    const duplicated = verdicts.filter(isDuplicate);
    const lost = verdicts.filter(isMisjudged);
    tell({
      scenario: 'ledger: each point × class',
      seed: dice.seed,
      cases: plan.length,
      runs: plan.length,
      lost: lost.length,
      duplicated: duplicated.length,
      note: `${times} of each, parked ${verdicts.filter(isParked).length}`,
    });
    expect({ lost, duplicated }).toEqual({ lost: [], duplicated: [] });
  });

  it('was killed at every point that there is of a call', () => {
    const planned = effectClasses.flatMap((effect) => placesOf[effect]);
    const expected = planned
      .filter((place) => place !== 'sent')
      .flatMap((place) => Array<Place>(times).fill(place));
    expect(lanes.flatMap(hitsOf).toSorted()).toEqual(expected.toSorted());
  });
});

const isParked = ({ effectRow }: EffectVerdict): boolean => effectRow?.state === 'parked';
