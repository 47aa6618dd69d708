/** What a turn makes of every way in which a model can stop or fail, on a real database. */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ModelRequest, ModelStop, ModelTurn } from '../../activities/models/model.js';
import { ModelError } from '../../activities/models/model-error.js';
import { createTakeTurn } from '../../activities/take-turn.js';
import type { FailureCode } from '../../contracts/failure.js';
import { unfinishedTurnsInARow } from '../../contracts/limits.js';
import type { ModelChain } from '../../contracts/model-choice.js';
import { quotaRetryMs } from '../../contracts/retry-policies.js';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { listCalls } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { asActivity } from '../support/activity.js';
import { registerDesk } from '../support/agents.js';
import { answerUsage, lookUp, said, turnThat } from '../support/model-answers.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { testVerifier } from '../support/signing-keys.js';

const chain: ModelChain = [
  {
    provider: 'anthropic',
    model: 'claude-haiku-5-5',
    maxOutputTokens: 500,
    fallbackOn: ['refused', 'context-too-long', 'quota', 'overloaded'],
  },
  { provider: 'openai-compatible', model: 'gpt-5', effort: 'high' },
];

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  await registerDesk(test.database, 'chained', () => ({ models: chain }));
});
afterAll(() => test.close());

const log = createLog({ service: 'test', level: 'error', format: 'json' });

/** A run and a model that gives these outcomes, one a request. */
async function runWith(agent: string, ...outcomes: readonly (ModelTurn | ModelError)[]) {
  const runId = await queueRun(test.database, agent);
  const address = { tenantId: 'default', runId };
  await openRun(test.database, address, `engine-${runId}`);
  const asked: ModelRequest[] = [];
  const takeTurn = createTakeTurn({
    database: test.database,
    model: {
      async complete(request) {
        const outcome = outcomes[asked.push(request) - 1];
        if (outcome === undefined) throw new Error('The model is asked once more than expected');
        if (outcome instanceof ModelError) throw outcome;
        return outcome;
      },
    },
    tools: [],
    log,
    passPoint: passFreely,
    verifier: testVerifier(),
  });
  const take = (turn: number, attempt = 1) =>
    asActivity({ attempt }, () => takeTurn({ runId, turn })).catch((error: unknown) => {
      if (error instanceof ApplicationFailure) return error;
      throw error;
    });
  const rows = async (sql: string) =>
    (await test.database.pool.query<Record<string, unknown>>(sql, [runId])).rows;
  return {
    asked,
    take,
    run: async () => (await findRun(test.database, address))!,
    calls: () => listCalls(test.database, address),
    events: () => readEvents(test.database, address, 0, 100),
    unused: () =>
      rows(`SELECT * FROM turn_attempt WHERE run_id = $1
           AND outcome = 'failed' ORDER BY turn, attempt`),
    turns: () => rows('SELECT * FROM turn WHERE run_id = $1 ORDER BY turn'),
    close: () => closeRun(test.database, address, { status: 'completed', code: null }),
  };
}

describe('a turn', () => {
  it('is asked of the run’s model with its own cap, and says who answered and by which prices', async () => {
    const { asked, take, turns } = await runWith('chained', turnThat('final', said('Hi')));
    expect(await take(1)).toMatchObject({ kind: 'committed', isFinal: true });
    expect(asked[0]).toMatchObject({
      provider: 'anthropic',
      model: 'claude-haiku-5-5',
      maxOutputTokens: 500,
    });
    expect(asked[0]).not.toHaveProperty('effort');
    expect(await turns()).toMatchObject([
      {
        provider: 'anthropic',
        model: 'claude-haiku-5-5',
        cost_micros_usd: 150,
        cost_estimated: false,
        price_version: 'belay 2026-01-01',
      },
    ]);
  });

  it('whose text is cut goes on in the next one, and the answer is both', async () => {
    const half = turnThat('truncated', said('The refund of or'));
    const { asked, take, run, close } = await runWith(
      'refund-desk',
      half,
      turnThat('final', said('der 42 is made.')),
    );
    expect(await take(1)).toMatchObject({ kind: 'committed', isFinal: false, calls: [] });
    expect(await take(2)).toMatchObject({ kind: 'committed', isFinal: true });
    expect(asked[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(asked[1]?.messages[1]?.content).toEqual(half.content);
    await close();
    expect((await run()).output).toEqual({ message: 'The refund of order 42 is made.' });
  });

  it('that is paused goes on where it stopped, and nothing is said in between', async () => {
    const paused = turnThat('paused', {
      type: 'server_tool_use',
      id: 'srvtoolu_1',
      name: 'search',
    });
    const { asked, take } = await runWith('refund-desk', paused, turnThat('tools', lookUp('a')));
    expect(await take(1)).toMatchObject({ kind: 'committed', isFinal: false, calls: [] });
    expect(await take(2)).toMatchObject({ kind: 'committed', calls: [{ tool: 'lookup_order' }] });
    expect(asked[1]?.messages.map(({ role }) => role)).toEqual(['user', 'assistant']);
  });

  it.each([
    ['cut', turnThat('truncated', said('and so on '))],
    ['paused', turnThat('paused', { type: 'server_tool_use', id: 'srvtoolu_1', name: 'search' })],
  ])('that is %s again and again ends the run', async (_how, outcome) => {
    const outcomes = Array.from({ length: unfinishedTurnsInARow + 1 }, () => outcome);
    const { take } = await runWith('refund-desk', ...outcomes);
    for (let turn = 1; turn <= unfinishedTurnsInARow; turn += 1) {
      expect(await take(turn)).toMatchObject({ kind: 'committed', isFinal: false });
    }
    const last = await take(unfinishedTurnsInARow + 1);
    expect(last).toEqual({ kind: 'ended', code: 'model-output-invalid' });
  });

  it('that is cut in its calls is asked for with larger caps; then none of them is made', async () => {
    const cut = turnThat('truncated', said('I will'), lookUp('a'), lookUp('b'));
    const final = turnThat('final', said('Done'));
    const { asked, take, calls, unused, run } = await runWith('chained', cut, cut, cut, final);
    expect(await take(1)).toMatchObject({ kind: 'committed', isFinal: false, calls: [] });
    expect(asked.map(({ maxOutputTokens }) => maxOutputTokens)).toEqual([500, 1_000, 2_000]);
    expect(await calls()).toMatchObject([
      { outcome: 'denied', result: expect.stringContaining('cut short') },
      { outcome: 'denied', result: expect.stringContaining('cut short') },
    ]);
    await take(2);
    expect(asked[3]?.messages[2]?.content).toMatchObject([
      { type: 'tool_result', tool_use_id: 'a', is_error: true },
      { type: 'tool_result', tool_use_id: 'b', is_error: true },
    ]);
    // All four were paid for.
    expect(await unused()).toMatchObject([
      { turn: 1, failure_code: 'model-output-invalid', cost_micros_usd: 150, request_id: 'req_1' },
      { turn: 1, failure_code: 'model-output-invalid', cost_micros_usd: 150 },
    ]);
    expect((await run()).usage).toMatchObject({ outputTokens: 400, costMicrosUsd: 600 });
  });

  it.each<[ModelStop, FailureCode]>([
    ['refused', 'model-refused'],
    ['context-full', 'model-context-too-long'],
    ['unknown', 'model-output-invalid'],
  ])('that is %s ends a run whose chain is at its end, and is paid for', async (stop, code) => {
    const outcome = turnThat(stop, said('I would'), lookUp('a'));
    const registered = `ends-${stop}`;
    await registerDesk(test.database, registered, () => ({ models: ['claude-haiku-5-5'] }));
    const { asked, take, calls, run } = await runWith(registered, outcome);
    expect(await take(1)).toEqual({ kind: 'ended', code });
    expect(asked).toHaveLength(1);
    expect(await calls()).toEqual([]);
    expect((await run()).usage.costMicrosUsd).toBe(150);
  });
});

describe('a model that the chain has an answer to', () => {
  it('is left for good, and the refusal that it gave is paid for', async () => {
    const refusal = turnThat('refused', said('I'));
    const next = {
      ...turnThat('final', said('Hi')),
      model: 'gpt-5',
      pricedBy: 'https://api.openai.com/v1',
    };
    const { asked, take, unused, turns, events } = await runWith(
      'chained',
      refusal,
      { ...next, content: [lookUp('a')], stop: 'tools' },
      next,
    );
    expect(await take(1)).toMatchObject({ kind: 'committed', calls: [{}] });
    expect(asked[1]).toMatchObject({
      provider: 'openai-compatible',
      model: 'gpt-5',
      effort: 'high',
    });
    // Nothing of the refusal is sent on.
    expect(asked[1]?.messages).toEqual(asked[0]?.messages);
    expect(await unused()).toMatchObject([
      { failure_code: 'model-refused', model: 'claude-haiku-5-5' },
    ]);
    expect(await turns()).toMatchObject([
      { provider: 'openai-compatible', model: 'gpt-5', price_version: 'genai-prices 0.1.8' },
    ]);
    const switched = (await events())!.filter(({ type }) => type === 'model-switched');
    expect(switched.map(({ data }) => data)).toEqual([
      { turn: 1, from: 'claude-haiku-5-5', to: 'gpt-5', code: 'model-refused' },
    ]);
    await take(2);
    expect(asked[2]?.model).toBe('gpt-5');
  });

  it('is asked once more before it is left, where it may be well again', async () => {
    const overloaded = new ModelError('model-overloaded', { retryAfterMs: 700 });
    const final = turnThat('final', said('Hi'));
    const { asked, take, run } = await runWith('chained', overloaded, overloaded, final);
    const first = await take(1);
    expect(first).toMatchObject({ type: 'model-overloaded', nextRetryDelay: 700 });
    expect(await run()).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'dependency', who: 'model', until: expect.any(String) }],
    });
    expect(await take(1, 2)).toMatchObject({ kind: 'committed' });
    expect(asked.map(({ model }) => model)).toEqual([
      'claude-haiku-5-5',
      'claude-haiku-5-5',
      'gpt-5',
    ]);
    expect((await run()).waitingFor).toEqual([]);
  });
});

describe('a failure', () => {
  it('at the spending limit asks a person, and looks again rarely', async () => {
    const { take, run } = await runWith('refund-desk', new ModelError('model-quota'));
    expect(await take(1)).toMatchObject({
      type: 'model-quota',
      nonRetryable: false,
      nextRetryDelay: quotaRetryMs,
    });
    expect(await run()).toMatchObject({
      status: 'waiting',
      waitingFor: [{ kind: 'budget', who: 'operator', until: expect.any(String) }],
    });
  });

  it('that no retry can help is not tried again', async () => {
    const { take } = await runWith('refund-desk', new ModelError('model-rejected'));
    expect(await take(1)).toMatchObject({ type: 'model-rejected', nonRetryable: true });
  });

  it('on the way is paid for, as far as the answer had come', async () => {
    const lost = {
      model: 'claude-haiku-5-5',
      pricedBy: 'anthropic',
      usage: { ...answerUsage, isEstimate: true as const },
    };
    const { take, unused, run } = await runWith(
      'refund-desk',
      new ModelError('model-unreachable', { lost, requestId: 'req_9' }),
    );
    expect(await take(1)).toMatchObject({ type: 'model-unreachable' });
    expect(await unused()).toMatchObject([
      {
        turn: 1,
        attempt: 1,
        failure_code: 'model-unreachable',
        request_id: 'req_9',
        estimated: true,
      },
    ]);
    expect((await run()).usage).toEqual({
      inputTokens: 1_000,
      outputTokens: 100,
      cacheReadTokens: 0,
      costMicrosUsd: 150,
      costEstimated: true,
      lostAttempts: 1,
      lostCostMicrosUsd: expect.any(Number),
    });
  });

  it('of garbled calls is asked anew at once, twice, and then ends the run', async () => {
    const garbled = new ModelError('model-output-invalid');
    const { asked, take } = await runWith('refund-desk', garbled, garbled, garbled);
    expect(await take(1)).toMatchObject({ type: 'model-output-invalid', nonRetryable: true });
    expect(asked).toHaveLength(3);
  });
});
