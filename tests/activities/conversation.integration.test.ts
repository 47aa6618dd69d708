/** Whole conversations on a real database: told again, failed, cut off and compacted, they stay one (P8). */
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModelError } from '../../activities/models/model-error.js';
import type { ModelRequest, ModelTurn } from '../../activities/models/model.js';
import { messagesJson } from '../../activities/models/wire-messages.js';
import { createTakeTurn } from '../../activities/take-turn.js';
import type { TakeTurnResult } from '../../contracts/activities.js';
import { findConversationFault } from '../../contracts/conversation.js';
import { passFreely, type PassPoint } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import { recordAttempt } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import { readEvents } from '../../store/events.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { listTurns } from '../../store/turn-views.js';
import { withClient } from '../../store/with-client.js';
import { asActivity } from '../support/activity.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { createDice, type Dice } from '../support/seed.js';
import { testVerifier } from '../support/signing-keys.js';
import { terms } from '../support/terms.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  await registerDesk(test.database, 'small', ({ limits }) => ({
    limits: { ...limits, turns: 50, outputTokensPerTurn: 500, contextTokens: 4_000 },
  }));
});
afterAll(() => test.close());

const log = createLog({ service: 'test', level: 'error', format: 'json' });
const quiet = { ...log, error: () => undefined };
const tokensOf = (request: ModelRequest): number =>
  Math.ceil((JSON.stringify(request.tools).length + messagesJson(request.messages).length) / 4);

/** An answer with inputs that no rebuild gives back. */
function answerTo(request: ModelRequest, nth: number, isFinal: boolean): ModelTurn {
  const isSummary = request.forbidsCalls === true;
  const text = isSummary ? `Summed up at ${nth}.` : `Said ${nth}.`;
  const call = `{"type":"tool_use","id":"toolu_${nth}","name":"lookup_order","input":{"orderId":"${1_000 + nth}" }}`;
  const isText = isSummary || isFinal;
  const contentJson = `[${JSON.stringify({ type: 'text', text })}${isText ? '' : `,${call}`}]`;
  return {
    content: JSON.parse(contentJson) as ModelTurn['content'],
    contentJson,
    stop: isText ? 'final' : 'tools',
    model: 'claude-haiku-5-5',
    pricedBy: 'anthropic',
    requestId: `req_${nth}`,
    usage: {
      inputTokens: tokensOf(request),
      outputTokens: 50,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
    },
  };
}

type Fate = 'answers' | 'fails' | 'dies' | 'overflows';

/** A run of agent `small`, and a model whose every answer may be lost. */
async function talk(
  turns: number,
  fateOf: (nth: number, request: ModelRequest) => Fate | Promise<Fate>,
  passPoint: PassPoint = passFreely,
) {
  const runId = await queueRun(test.database, 'small');
  const address = { tenantId: 'default', runId };
  await openRun(test.database, address, `engine-${runId}`);
  const asked: ModelRequest[] = [];
  let committed = 0;
  const complete = async (request: ModelRequest): Promise<ModelTurn> => {
    asked.push(request);
    const fault = findConversationFault(request.messages);
    if (fault !== null) throw new ModelError('model-rejected');
    const nth = asked.length;
    const fate = await fateOf(nth, request);
    if (fate === 'overflows') throw new ModelError('model-context-too-long');
    if (fate === 'fails') throw new ModelError('model-overloaded');
    // Nobody hears of it again: so it is when a worker is killed.
    if (fate === 'dies') throw new Error('killed');
    return answerTo(request, nth, committed >= turns);
  };
  const takeTurn = createTakeTurn({
    database: test.database,
    model: { complete },
    tools: [],
    log: quiet,
    passPoint,
    verifier: testVerifier(),
  });
  const take = (turn: number): Promise<TakeTurnResult | Error> =>
    asActivity({}, () => takeTurn({ runId, turn })).catch((error: Error) => error);
  /** Takes a turn until it is taken, as Temporal does. */
  const insist = async (turn: number): Promise<TakeTurnResult> => {
    for (let attempt = 1; attempt < 100; attempt += 1) {
      const result = await take(turn);
      if (result instanceof ApplicationFailure && result.nonRetryable === true) throw result;
      if (!(result instanceof Error)) {
        committed = turn;
        return result;
      }
    }
    throw new Error('It never was');
  };
  return { address, asked, take, insist };
}

type Talk = Awaited<ReturnType<typeof talk>>;

/** Carries out the calls of a turn, with long results. */
async function lookUp({ address }: Talk, result: TakeTurnResult): Promise<void> {
  if (result.kind !== 'committed') return;
  for (const { callId } of result.calls) {
    await startCall(test.database, address, callId, { ...terms, verdict: 'allow' });
    const words = JSON.stringify({ note: 'x'.repeat(1_500), callId });
    const learned = { kind: 'done', result: words, externalRef: null } as const;
    await recordAttempt(test.database, address, callId, null, learned);
  }
}

/** What must hold of a run when it is over, whatever happened on the way. */
async function expectOneConversation(talked: Talk, turns: number): Promise<void> {
  const { address, asked } = talked;
  // Within a part, each request begins with the bytes of the one before it.
  let previous: string | null = null;
  for (const request of asked) {
    expect(findConversationFault(request.messages)).toBeNull();
    if (request.forbidsCalls === true) continue;
    const json = messagesJson(request.messages)
      .replaceAll(',"cache_control":{"type":"ephemeral"}', '')
      .slice(0, -1);
    const isNewPart = request.messages.length === 1;
    if (previous !== null && !isNewPart) expect(json.startsWith(previous)).toBe(true);
    previous = json;
  }
  const views = (await listTurns(test.database, address)) ?? [];
  expect(views.map(({ turn }) => turn)).toEqual(Array.from({ length: turns }, (_, at) => at + 1));
  for (const { attempts } of views) {
    const ofTurn = attempts.filter(({ purpose }) => purpose === 'turn');
    expect(ofTurn.filter(({ outcome }) => outcome === 'committed')).toHaveLength(1);
    expect(attempts.filter(({ outcome }) => outcome === 'open')).toEqual([]);
  }
  const run = await findRun(test.database, address);
  const attempts = views.flatMap((view) => view.attempts);
  const sum = (of: (attempt: (typeof attempts)[number]) => number): number =>
    attempts.reduce((total, attempt) => total + of(attempt), 0);
  const lost = attempts.filter(
    ({ outcome, costMicrosUsd }) => outcome !== 'committed' && costMicrosUsd !== 0,
  );
  expect(run?.usage).toMatchObject({
    inputTokens: sum(({ usage }) => usage.inputTokens),
    outputTokens: sum(({ usage }) => usage.outputTokens),
    costMicrosUsd: sum(({ costMicrosUsd }) => costMicrosUsd ?? 0),
    lostAttempts: lost.length,
    lostCostMicrosUsd: lost.reduce((total, { costMicrosUsd }) => total + (costMicrosUsd ?? 0), 0),
  });
}

const compactions = async ({ address }: Talk) =>
  (await readEvents(test.database, address, 0, 1_000))?.filter(
    ({ type }) => type === 'conversation-compacted',
  ) ?? [];

/** Dies now and then where a step has just been made. */
const dying =
  (dice: Dice): PassPoint =>
  () => {
    if (dice.roll(5) === 0) throw new Error('killed');
  };

describe('a long conversation', () => {
  it('is compacted again and again, once each time, and goes on from what was asked', async () => {
    const turns = 14;
    const talked = await talk(turns, () => 'answers');
    for (let turn = 1; turn <= turns; turn += 1) await lookUp(talked, await talked.insist(turn));
    const events = await compactions(talked);
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(events.map(({ data }) => (data as { epoch: number }).epoch)).toEqual(
      events.map((_, index) => index + 1),
    );
    const begun = talked.asked.filter(
      ({ messages, forbidsCalls }) => messages.length === 1 && forbidsCalls !== true,
    );
    for (const { messages } of begun.slice(1)) {
      expect(messages[0]?.content).toMatchObject([
        { text: 'Refund order 42' },
        { text: expect.stringContaining('Summed up at') },
      ]);
    }
    await expectOneConversation(talked, turns);
  });

  it('stays one whatever is told twice, fails or dies on the way', async () => {
    const dice = createDice('conversations');
    const fates = ['answers', 'answers', 'fails', 'dies'] as const;
    const turns = 9;
    const talked = await talk(turns, () => fates[dice.roll(4)] ?? 'answers', dying(dice));
    for (let turn = 1; turn <= turns; turn += 1) {
      const [one, other] = await Promise.all([talked.insist(turn), talked.insist(turn)]);
      expect(other).toMatchObject({ kind: one.kind, turn });
      await lookUp(talked, one);
    }
    await closeRun(test.database, talked.address, { status: 'completed', code: null });
    expect((await compactions(talked)).length).toBeGreaterThanOrEqual(1);
    await expectOneConversation(talked, turns);
  });

  it('that no longer fits is summed up from a shorter one, and goes on', async () => {
    const isLong = ({ messages }: ModelRequest): boolean => messages.length > 1;
    const talked = await talk(4, (_nth, request) => (isLong(request) ? 'overflows' : 'answers'));
    await lookUp(talked, await talked.insist(1));
    expect(await talked.insist(2)).toMatchObject({ kind: 'committed', turn: 2 });
    const [event] = await compactions(talked);
    expect(event?.data).toMatchObject({ trigger: 'overflow', turn: 2, coversTurns: 1 });
    await expectOneConversation(talked, 2);
  });

  it('that no model sums up goes on from its two ends', async () => {
    const talked = await talk(4, (_nth, { forbidsCalls, messages }) =>
      forbidsCalls === true || messages.length > 1 ? 'overflows' : 'answers',
    );
    await lookUp(talked, await talked.insist(1));
    expect(await talked.insist(2)).toMatchObject({ kind: 'committed', turn: 2 });
    const [event] = await compactions(talked);
    expect(event?.data).toMatchObject({ trigger: 'overflow', model: null });
    expect(JSON.stringify(talked.asked.at(-1)?.messages)).toContain('calls lookup_order');
  });

  it('of which not even the beginning fits ends its run, and says why', async () => {
    const talked = await talk(1, () => 'overflows');
    expect(await talked.insist(1)).toEqual({ kind: 'ended', code: 'model-context-too-long' });
  });

  it('that somebody changed is not gone on with, and no model is asked', async () => {
    const talked = await talk(4, () => 'answers');
    await lookUp(talked, await talked.insist(1));
    await withClient(test.ownerUrl, (client) =>
      client.query(`UPDATE message SET content = '[]' WHERE run_id = $1 AND seq = 2`, [
        talked.address.runId,
      ]),
    );
    expect(await talked.insist(2)).toEqual({ kind: 'ended', code: 'transcript-broken' });
    expect(talked.asked).toHaveLength(1);
  });
});

describe('a model call whose answer nobody heard', () => {
  it('counts as what it was reckoned to cost, and the run says that it is an estimate', async () => {
    const talked = await talk(0, (nth) => (nth === 1 ? 'dies' : 'answers'));
    expect(await talked.take(1)).toBeInstanceOf(Error);
    expect((await findRun(test.database, talked.address))?.usage.costMicrosUsd).toBe(0);
    await talked.insist(1);
    const [turn] = (await listTurns(test.database, talked.address)) ?? [];
    expect(turn?.attempts).toMatchObject([
      { attempt: 1, outcome: 'lost', isEstimate: true, requestId: null },
      { attempt: 2, outcome: 'committed', isEstimate: false, requestId: 'req_2' },
    ]);
    expect(turn?.attempts[0]?.usage.cacheWriteTokens).toBeGreaterThan(100);
    expect(turn?.cost.isEstimate).toBe(true);
    const run = await findRun(test.database, talked.address);
    expect(run?.usage).toMatchObject({ lostAttempts: 1, costEstimated: true });
    await expectOneConversation(talked, 1);
  });

  it('counts as what it really cost once it comes back after all', async () => {
    let release: (fate: Fate) => void = () => undefined;
    const held = new Promise<Fate>((resolve) => (release = resolve));
    const talked = await talk(0, (nth) => (nth === 1 ? held : 'answers'));
    const late = talked.take(1);
    await eventually('the first is asked', async () => talked.asked.length === 1);
    const won = await talked.insist(1);
    const views = async () => (await listTurns(test.database, talked.address))?.[0]?.attempts;
    expect(await views()).toMatchObject([{ outcome: 'lost' }, { outcome: 'committed' }]);
    release('answers');
    expect(await late).toEqual(won);
    expect(await views()).toMatchObject([
      { outcome: 'superseded', isEstimate: false, requestId: 'req_1' },
      { outcome: 'committed' },
    ]);
    await expectOneConversation(talked, 1);
  });

  it('of a run that ended meanwhile counts too', async () => {
    const talked = await talk(0, () => 'dies');
    await talked.take(1);
    await closeRun(test.database, talked.address, { status: 'failed', code: 'internal' });
    const run = await findRun(test.database, talked.address);
    expect(run?.usage).toMatchObject({ lostAttempts: 1, costEstimated: true });
    expect(run?.usage.lostCostMicrosUsd).toBeGreaterThan(0);
  });
});
