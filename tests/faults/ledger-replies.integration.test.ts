/** A service that did it and did not say so, or said something else: no class does it twice. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EffectClass, EffectState } from '../../contracts/effect.js';
import { eventually } from '../support/eventually.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
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
import { startProxy, type Proxy } from './proxy.js';
import { cases } from './size.js';

jest.setTimeout(7_200_000);

const times = cases(3, 100);
const atOnce = 50;

const dice = createDice('replies lost on the way');
let stack: SinkStack;
let postgres: Proxy;
let sink: Proxy;
beforeAll(async () => {
  const servers = testServers();
  const postgresUrl = new URL(servers.postgresUrl);
  postgres = await startProxy(Number(postgresUrl.port), dice);
  postgresUrl.port = String(postgres.port);
  stack = await startSinkStack({
    servers: { ...servers, postgresUrl: postgresUrl.href },
    wayToSink: async (port) => {
      sink = await startProxy(port, dice);
      return sink.port;
    },
  });
});
afterAll(async () => {
  await stack.close();
  await Promise.all([postgres.close(), sink.close()]);
});

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

/** The service knows of no fault: its reply is lost on the way. */
const lostOnTheWay = 'lost-on-the-way';

interface Planned extends Expected {
  readonly effect: Asked | 'transactional';
  readonly fault: SinkFault | typeof lostOnTheWay;
}

const asked: readonly Asked[] = ['idempotent', 'keyed', 'reconcilable', 'unsafe'];
const plan: readonly Planned[] = Object.entries(expectations).flatMap(([fault, byClass]) =>
  asked
    // Only a service with keys stores an answer under one.
    .filter((effect) => fault !== 'store-failure' || effect === 'keyed')
    .map((effect) => ({ effect, fault: fault as SinkFault, ...byClass[effect] })),
);

/** What becomes of one whose first reply is lost on the way: its service has done it. */
const lossPlan: readonly Planned[] = [
  { effect: 'idempotent', fault: lostOnTheWay, ...again },
  { effect: 'keyed', fault: lostOnTheWay, ...confirmed },
  { effect: 'reconcilable', fault: lostOnTheWay, ...confirmed },
  { effect: 'transactional', fault: lostOnTheWay, ...confirmed },
  { effect: 'unsafe', fault: lostOnTheWay, ...parked(1) },
];

async function begin({ effect, fault }: Planned, index: number): Promise<EffectCase> {
  const reference = `${effect}-${fault}-${index}`;
  const args = { reference, ...(fault === lostOnTheWay ? {} : { fault }) };
  const { id: runId } = await stack.play([[{ tool: toolOfClass[effect], args }]]);
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

/** Carries a plan out as often as this set does, and tells what came of it. */
async function expectOnce(scenario: string, plans: readonly Planned[]): Promise<void> {
  const all = Array.from({ length: times }, () => plans).flat();
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
    scenario,
    seed: 0,
    cases: all.length,
    runs: all.length,
    lost: lost!.length,
    duplicated: duplicated!.length,
    note: `wrongly adopted ${wrong!.length}`,
  });
  expect([duplicated, lost, wrong]).toEqual([[], [], []]);
}

/** Loses the first reply to each reference that is found in what was sent; all others pass. */
function loseFirstReplies(proxy: Proxy, request: RegExp, reply: string): ReadonlySet<string> {
  const lost = new Set<string>();
  const isLost = (sent: string, piece: string): boolean => {
    if (!piece.includes(reply)) return false;
    const named = [...sent.matchAll(request)].map(([, reference = '']) => reference);
    const fresh = named.filter((reference) => !lost.has(reference));
    for (const reference of fresh) lost.add(reference);
    return fresh.length > 0;
  };
  proxy.setWeather({ kind: 'chosen-losses', isLost });
  return lost;
}

describe('a service whose answer does not say what it did', () => {
  it('has it done once, found, or judged by a person, whatever the class', () =>
    expectOnce('ledger: replies', plan));

  it('has it done once where the way back is cut: after its commit, and after that of Postgres', async () => {
    const lost = [
      loseFirstReplies(sink, /"reference":"(\w+-lost-on-the-way-\d+)"/g, 'HTTP/1.1 200'),
      loseFirstReplies(
        postgres,
        /INSERT INTO sink_row[^]*?(transactional-lost-on-the-way-\d+)/g,
        'COMMIT\0',
      ),
    ];
    await expectOnce('ledger: replies lost on the way', lossPlan);
    for (const proxy of [sink, postgres]) proxy.setWeather({ kind: 'clear' });
    expect(lost.map(({ size }) => size)).toEqual([4 * times, times]);
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
