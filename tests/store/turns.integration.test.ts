import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { listCalls } from '../../store/calls.js';
import { closeRun, openRun, requestCancel } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { commitTurn, type FreshTurn, type JudgedCall } from '../../store/turn-commit.js';
import { loadTurn } from '../../store/turns.js';
import { askedQuestion } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const args = { orderId: '42' };
const call: JudgedCall = {
  modelCallId: 'toolu_1',
  tool: 'lookup_order',
  title: 'look up order 42',
  args: canonicalJson(args),
  argsDigest: digestOf(args),
  effect: 'read',
  retryPolicy: 'quick-read',
  business: null,
  verdict: 'allow',
  question: askedQuestion,
  ruleInputs: null,
  previews: false,
  refusal: null,
};
// JSON text whose bytes matter: key order, an integer-like key, an escaped NUL.
const received = '[{"type":"text","z":1,"10":2,"a":"\\u0000 and \\ud800"}]';
const freshTurn = (changes: Partial<FreshTurn> = {}): FreshTurn => ({
  turn: 1,
  stop: 'tools',
  model: 'test',
  requestId: null,
  inputTokens: 3,
  outputTokens: 2,
  cacheReadTokens: 1,
  costMicrosUsd: 5,
  messages: [
    { seq: 1, role: 'user', content: '[{"type":"text","text":"hello"}]' },
    { seq: 2, role: 'assistant', content: received },
  ],
  text: 'looking',
  calls: [call],
  failureCode: null,
  ...changes,
});

async function openedRun() {
  const address = { tenantId: 'default', runId: await queueRun(test.database) };
  await openRun(test.database, address, `engine-${address.runId}`);
  return address;
}

describe('a turn', () => {
  it('is committed once however many attempts race, and all of them are told the same', async () => {
    const address = await openedRun();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => commitTurn(test.database, address, freshTurn())),
    );
    for (const result of results) expect(result).toEqual(results[0]);
    const { committed } = (await loadTurn(test.database, address, 1))!;
    expect(committed).toEqual(results[0]);
    expect(await listCalls(test.database, address)).toHaveLength(1);
    expect(await findRun(test.database, address)).toMatchObject({
      turns: 1,
      usage: { inputTokens: 3, outputTokens: 2, cacheReadTokens: 1, costMicrosUsd: 5 },
    });
  });

  it('keeps the transcript byte for byte', async () => {
    const address = await openedRun();
    await commitTurn(test.database, address, freshTurn());
    const { transcript } = (await loadTurn(test.database, address, 2))!;
    expect(transcript.messages.map(({ content }) => content)).toEqual([
      '[{"type":"text","text":"hello"}]',
      received,
    ]);
  });

  it('that asks for the impossible the third time ends its run, whoever asks again how it went', async () => {
    const address = await openedRun();
    const impossible = { ...call, verdict: 'deny', refusal: 'Not made: no such order' } as const;
    for (const turn of [1, 2]) {
      const fresh = freshTurn({ turn, messages: [], calls: [impossible] });
      expect(await commitTurn(test.database, address, fresh)).toMatchObject({ kind: 'committed' });
    }
    const third = freshTurn({ turn: 3, messages: [], calls: [impossible] });
    const ended = { kind: 'ended', code: 'call-repeated' };
    expect(await commitTurn(test.database, address, third)).toEqual(ended);
    expect(await commitTurn(test.database, address, third)).toEqual(ended);
    expect((await loadTurn(test.database, address, 3))?.committed).toEqual(ended);
  });

  it('is loaded without what an attempt before this one has committed meanwhile', async () => {
    const address = await openedRun();
    await commitTurn(test.database, address, freshTurn());
    const again = (await loadTurn(test.database, address, 1))!;
    expect(again.transcript.messages).toEqual([]);
    expect(again.committed).toMatchObject({ kind: 'committed', turn: 1 });
  });

  it('survives text that Postgres can’t hold', async () => {
    const address = await openedRun();
    const odd = 'odd \0 and \ud800 text';
    const strange = { ...call, modelCallId: odd, tool: odd, title: odd };
    const refusal = { ...askedQuestion, reason: odd };
    const denied = { ...strange, verdict: 'deny', question: refusal, refusal: odd } as const;
    await commitTurn(test.database, address, freshTurn({ text: odd, calls: [strange, denied] }));
    const calls = (await listCalls(test.database, address))!;
    expect(calls.map(({ tool }) => tool)).toEqual(Array(2).fill('odd \ufffd and \ufffd text'));
    await closeRun(test.database, address, { status: 'completed', code: null });
    expect(await findRun(test.database, address)).toMatchObject({ status: 'completed' });
  });

  it('is not committed once the run is cancelled', async () => {
    const address = await openedRun();
    await requestCancel(test.database, address, { by: 'otto', reason: null }, null);
    expect(await commitTurn(test.database, address, freshTurn())).toEqual({ kind: 'cancelled' });
    expect(await listCalls(test.database, address)).toEqual([]);
  });
});
