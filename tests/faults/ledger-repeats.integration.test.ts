/** The same thing asked for again: by another run, under one id, or for the third time in a row. */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import type { ScriptedCall } from '../support/sink/model.js';
import { startSinkStack, type SinkStack } from '../support/sink/stack.js';
import { businessWindowMs, toolOfClass } from '../support/sink/tools.js';
import { startUp } from './lives.js';
import { cases } from './size.js';

/** A takeover takes a heartbeat and what the class waits, and the machine may be busy. */
const withinMs = 90_000;

let stack: SinkStack;
beforeAll(async () => {
  stack = await startSinkStack();
});
afterAll(() => stack.close());

const keyed = (reference: string, id?: string): ScriptedCall => ({
  tool: toolOfClass.keyed,
  args: { reference },
  ...(id === undefined ? {} : { id }),
});
const ended = (id: string) => stack.api.until(id, 'ended', withinMs);
const keysOf = async (reference: string): Promise<readonly (string | null)[]> =>
  (await stack.sink.journal())
    .filter((each) => each.kind === 'effect' && each.reference === reference)
    .map(({ key }) => key);

describe('the ids that a model gives to its calls', () => {
  it.each([
    ['one for all', () => 'toolu_1'],
    ['the same in every turn', (_turn: number, index: number) => `toolu_${index}`],
    ['none', () => ''],
    ['reused from the turn before', (turn: number, index: number) => `toolu_${turn + index}`],
  ])('%s: no call is lost and none is taken for another', async (what, idOf) => {
    const turns = [1, 2, 3].map((turn) =>
      [0, 1, 2].map((index) => keyed(`${what} ${turn}.${index}`, idOf(turn, index))),
    );
    const { id } = await stack.play(turns);
    expect(await ended(id)).toMatchObject({ status: 'completed', turns: 4 });
    const calls = await stack.api.calls(id);
    const references = turns.flat().map(({ args }) => args['reference'] as string);
    expect(calls.map(({ args }) => (args as { reference: string }).reference)).toEqual(references);
    for (const call of calls) {
      expect(call).toMatchObject({ outcome: 'succeeded', result: call.args as object });
    }
    const keys = await Promise.all(references.map(keysOf));
    expect(keys.map((each) => each.length)).toEqual(references.map(() => 1));
    expect(new Set(keys.flat()).size).toBe(references.length);
  });
});

describe('the same thing, asked for by two runs', () => {
  const book = (reference: string, tool: 'book_once' | 'book_asking' = 'book_once') =>
    stack.play([[{ tool, args: { reference } }]]);

  it('at once: it is done once, and the other is told by whom', async () => {
    for (let round = 0; round < cases(3, 50); round += 1) {
      const reference = `booked at once ${round}`;
      const runs = await Promise.all([book(reference), book(reference)]);
      for (const { id } of runs) expect(await ended(id)).toMatchObject({ status: 'completed' });
      expect(await keysOf(reference)).toHaveLength(1);
      const results = await Promise.all(
        runs.map(async ({ id }) => (await stack.api.calls(id))[0]?.result as object),
      );
      const second = results.findIndex((result) => 'deduplicated' in result);
      expect(second).toBeGreaterThanOrEqual(0);
      const first = runs[1 - second]!;
      expect(results[second]).toMatchObject({
        deduplicated: { runId: first.id },
        result: results[1 - second],
      });
      const events = await stack.api.events(runs[second]!.id);
      expect(events.filter(({ type }) => type === 'call-deduplicated')).toHaveLength(1);
    }
  });

  it('where its tool wants that: people are asked, and what they say is done', async () => {
    const reference = 'asked about';
    const first = await book(reference, 'book_asking');
    await ended(first.id);
    const [rejected, approved] = await Promise.all([
      book(reference, 'book_asking'),
      book(reference, 'book_asking'),
    ]);
    const [question] = await stack.api.untilAsked(rejected.id, 1, withinMs);
    expect(question).toMatchObject({
      rule: 'done-before',
      reason: expect.stringContaining(first.id),
    });
    await stack.api.decide(question!, 'reject');
    await ended(rejected.id);
    expect(await keysOf(reference)).toHaveLength(1);
    const [other] = await stack.api.untilAsked(approved.id, 1, withinMs);
    await stack.api.decide(other!, 'approve');
    await ended(approved.id);
    expect(await keysOf(reference)).toHaveLength(2);
  });

  it('after the window: it is done again', async () => {
    const reference = 'booked again';
    await ended((await book(reference)).id);
    await stack.test.database.pool.query(
      `UPDATE business_claim SET claimed_at = claimed_at - $1 * interval '1 millisecond'`,
      [businessWindowMs],
    );
    await ended((await book(reference)).id);
    expect(await keysOf(reference)).toHaveLength(2);
  });

  it('while the first has died between its dispatch and its answer: the second waits for it', async () => {
    const reference = 'booked by a dead one';
    await stack.worker.kill();
    const first = await book(reference);
    const folder = mkdtempSync(path.join(testServers().folder, 'repeats-'));
    await stack.worker.start({
      BELAY_CRASH_RUN: first.id,
      BELAY_CRASH_POINTS: 'call-answered',
      BELAY_CRASH_HITS: path.join(folder, 'hits'),
    });
    await eventually('the worker dies', async () => !stack.worker.running, withinMs);
    const second = await book(reference);
    await startUp(stack.worker);
    for (const { id } of [first, second]) expect((await ended(id)).status).toBe('completed');
    expect(await keysOf(reference)).toHaveLength(1);
    const [call] = await stack.api.calls(second.id);
    expect(call?.result).toMatchObject({ deduplicated: { runId: first.id } });
  });
});

describe('the same call, three times in a row', () => {
  const thrice = (call: ScriptedCall) => [[call], [call], [call]];

  it('is asked about, and goes on either way', async () => {
    const [approved, rejected] = await Promise.all(
      ['approved', 'rejected'].map((word) => stack.play(thrice(keyed(`thrice ${word}`)))),
    );
    for (const [run, decision] of [
      [approved, 'approve'],
      [rejected, 'reject'],
    ] as const) {
      const [question] = await stack.api.untilAsked(run!.id, 1, withinMs);
      expect(question).toMatchObject({ rule: 'same-call-again' });
      await stack.api.decide(question!, decision);
      expect(await ended(run!.id)).toMatchObject({ status: 'completed', turns: 4 });
    }
    expect(await keysOf('thrice approved')).toHaveLength(3);
    expect(await keysOf('thrice rejected')).toHaveLength(2);
  });

  it('ends the run where it can never be made', async () => {
    const impossible = { tool: toolOfClass.keyed, args: { reference: 7 } };
    const { id } = await stack.play([...thrice(impossible), [keyed('never reached')]]);
    expect(await ended(id)).toMatchObject({
      status: 'failed',
      failure: { code: 'call-repeated' },
      turns: 3,
    });
    expect(await keysOf('never reached')).toEqual([]);
    expect(await stack.api.effects(id)).toEqual([]);
  });
});
