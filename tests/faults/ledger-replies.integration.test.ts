/** A service that did it and did not say so, or said something else: no class does it twice. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EffectClass, EffectState } from '../../contracts/effect.js';
import { eventually } from '../support/eventually.js';
import type { SinkFault } from '../support/sink/journal.js';
import { startSinkStack, type SinkStack } from '../support/sink/stack.js';
import { toolOfClass } from '../support/sink/tools.js';
import {
  isDuplicate,
  isMisjudged,
  resolveByTruth,
  untilSettled,
  verdictOf,
  type EffectCase,
  type EffectVerdict,
} from './effect-verdict.js';
import { tell } from './figures.js';
import { cases } from './size.js';

jest.setTimeout(7_200_000);

const times = cases(3, 100);
const atOnce = 50;

let stack: SinkStack;
beforeAll(async () => {
  stack = await startSinkStack();
});
afterAll(() => stack.close());

type Asked = Exclude<EffectClass, 'read' | 'transactional'>;
interface Expected {
  readonly state: EffectState;
  /** How often it is truly done in the end. */
  readonly timesDone: number;
}

const confirmed: Expected = { state: 'confirmed', timesDone: 1 };
/** A second PUT of the same leaves the same. */
const again: Expected = { state: 'confirmed', timesDone: 2 };
const parked = (timesDone: number): Expected => ({ state: 'parked', timesDone });
const failed: Expected = { state: 'failed', timesDone: 0 };

/** What becomes of one effect whose first request goes so. */
const expectations: Readonly<Partial<Record<SinkFault, Readonly<Record<Asked, Expected>>>>> = {
  'lose-reply': {
    idempotent: again,
    keyed: confirmed,
    reconcilable: confirmed,
    unsafe: parked(1),
  },
  'fail-after': {
    idempotent: again,
    keyed: confirmed,
    reconcilable: confirmed,
    unsafe: parked(1),
  },
  'fail-before': {
    idempotent: confirmed,
    keyed: confirmed,
    // Searched for, not there, and sent again.
    reconcilable: confirmed,
    unsafe: parked(0),
  },
  'store-failure': {
    idempotent: confirmed,
    // The service keeps answering with the failure that it stored.
    keyed: parked(1),
    reconcilable: confirmed,
    unsafe: confirmed,
  },
  refuse: { idempotent: failed, keyed: failed, reconcilable: failed, unsafe: failed },
};

interface Planned extends Expected {
  readonly effect: Asked;
  readonly fault: SinkFault;
}

const asked: readonly Asked[] = ['idempotent', 'keyed', 'reconcilable', 'unsafe'];
const plan: readonly Planned[] = Object.entries(expectations).flatMap(([fault, byClass]) =>
  asked
    // Only a service with keys stores an answer under one.
    .filter((effect) => fault !== 'store-failure' || effect === 'keyed')
    .map((effect) => ({ effect, fault: fault as SinkFault, ...byClass[effect] })),
);

async function begin({ effect, fault }: Planned, index: number): Promise<EffectCase> {
  const reference = `${effect}-${fault}-${index}`;
  const call = { tool: toolOfClass[effect], args: { reference, fault } };
  const { id: runId } = await stack.play([[call]]);
  return { effect, reference, runId };
}

/** What the model was told that it had done is what it wanted done. */
const isWronglyAdopted = ({ call, reference }: EffectVerdict): boolean =>
  call.outcome === 'succeeded' && (call.result as { reference?: unknown }).reference !== reference;

async function settled(planned: Planned, its: EffectCase): Promise<EffectVerdict> {
  await untilSettled(stack, its, 300_000);
  const verdict = await verdictOf(stack, its);
  const { timesDone, effectRow } = verdict;
  expect({ ...planned, timesDone, state: effectRow?.state }).toEqual(planned);
  await resolveByTruth(stack, verdict);
  return verdict;
}

describe('a service whose answer does not say what it did', () => {
  it('has it done once, found, or judged by a person, whatever the class', async () => {
    const all = Array.from({ length: times }, () => plan).flat();
    const verdicts: EffectVerdict[] = [];
    for (let from = 0; from < all.length; from += atOnce) {
      const batch = all.slice(from, from + atOnce);
      const begun = await Promise.all(batch.map((each, index) => begin(each, from + index)));
      const told = await Promise.all(begun.map((its, index) => settled(batch[index]!, its)));
      verdicts.push(...told);
    }
    const [duplicated, lost, wrong] = [isDuplicate, isMisjudged, isWronglyAdopted].map((is) =>
      verdicts.filter(is),
    );
    tell({
      scenario: 'ledger: replies',
      seed: 0,
      cases: all.length,
      runs: all.length,
      lost: lost!.length,
      duplicated: duplicated!.length,
      note: `wrongly adopted ${wrong!.length}`,
    });
    expect([duplicated, lost, wrong]).toEqual([[], [], []]);
  });

  it('that is still at it answers 409 until it is done: the same key is asked again, and no other', async () => {
    const reference = 'in-flight';
    const call = { tool: toolOfClass.keyed, args: { reference, fault: 'hold-before' } };
    const { id: runId } = await stack.play([[call]]);
    const its = { effect: 'keyed', reference, runId } as const;
    await eventually(
      'the service has said that it is at it',
      async () => {
        const events = await stack.api.events(runId);
        return events.some(
          ({ type, data }) =>
            type === 'effect-unknown' && (data as { code: string }).code === 'effect-in-flight',
        );
      },
      60_000,
    );
    await stack.sink.release(reference);
    await untilSettled(stack, its);
    expect(await verdictOf(stack, its)).toMatchObject({
      timesDone: 1,
      effectRow: { state: 'confirmed' },
    });
    const keys = (await stack.sink.journal())
      .filter((each) => each.reference === reference)
      .map(({ key }) => key);
    expect(new Set(keys).size).toBe(1);
  });

  it('that hangs frees the slot of its call, and the class says what comes next', async () => {
    const hang = async (effect: Asked): Promise<EffectCase> => {
      const reference = `hangs-${effect}`;
      const call = { tool: toolOfClass[effect], args: { reference, fault: 'hold-after' } };
      const { id: runId } = await stack.play([[call]]);
      return { effect, reference, runId };
    };
    const [keyed, unsafe] = await Promise.all([hang('keyed'), hang('unsafe')]);
    await untilSettled(stack, unsafe);
    expect(await verdictOf(stack, unsafe)).toMatchObject({
      timesDone: 1,
      effectRow: { state: 'parked' },
    });
    // In use by the first request until that is over.
    await stack.sink.release(keyed.reference);
    await untilSettled(stack, keyed);
    expect(await verdictOf(stack, keyed)).toMatchObject({
      timesDone: 1,
      effectRow: { state: 'confirmed' },
    });
    await stack.sink.release(unsafe.reference);
  });
});
