/** A turn's activity on a real database: asked once, bounded, committed once (P5, P8). */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTakeTurn } from '../../activities/take-turn.js';
import type { ModelRequest, ModelTurn } from '../../activities/models/model.js';
import { defaultAgentLimits } from '../../contracts/limits.js';
import { createLog } from '../../runtime/log.js';
import { listCalls } from '../../store/calls.js';
import { openRun } from '../../store/run-lifecycle.js';
import { findRun } from '../../store/runs.js';
import { noteTurnRetry } from '../../store/turns.js';
import { asActivity } from '../support/activity.js';
import { editDesk } from '../support/agents.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { testVerifier } from '../support/signing-keys.js';
import { passFreely } from '../../runtime/crash-points.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const log = createLog({ service: 'test', level: 'error', format: 'json' });
const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const answerOf = (lookUps: number): ModelTurn => ({
  content: Array.from({ length: lookUps }, (_, index) => ({
    type: 'tool_use',
    id: `toolu_${index}`,
    name: 'lookup_order',
    input: { orderId: '42' },
  })),
  stop: 'tools',
  model: 'stand-in',
  pricedBy: 'test',
  requestId: null,
  usage,
});

/** An opened run and a model that plans so many calls each time it is asked. */
async function openedRun(lookUps = 1, whileAsked = async (): Promise<void> => undefined) {
  const runId = await queueRun(test.database);
  const address = { tenantId: 'default', runId };
  await openRun(test.database, address, `engine-${runId}`);
  const asked: ModelRequest[] = [];
  const complete = async (request: ModelRequest): Promise<ModelTurn> => {
    asked.push(request);
    await whileAsked();
    return answerOf(lookUps);
  };
  const takeTurn = createTakeTurn({
    database: test.database,
    model: { complete },
    tools: [],
    log,
    passPoint: passFreely,
    verifier: testVerifier(),
  });
  const take = (turn: number) => asActivity({}, () => takeTurn({ runId, turn }));
  return { address, asked, take, calls: () => listCalls(test.database, address) };
}

it('a turn that is taken again is told as it was committed, and the model is not asked again', async () => {
  const { asked, take } = await openedRun();
  const first = await take(1);
  expect(first).toMatchObject({ kind: 'committed', calls: [{ tool: 'lookup_order' }] });
  expect(await take(1)).toEqual(first);
  expect(asked).toHaveLength(1);
});

it('a run that an operator makes look again waits no longer, although its attempts are counted anew', async () => {
  let status = '';
  const { address, take } = await openedRun(1, async () => {
    status = (await findRun(test.database, address))?.status ?? '';
  });
  const waiting = { turn: 1, attempt: 1, code: 'model-quota', delayMs: 900_000 } as const;
  await noteTurnRetry(test.database, address, waiting);
  expect(await findRun(test.database, address)).toMatchObject({ status: 'waiting' });
  await take(1);
  expect(status).toBe('running');
});

it('a turn beyond the agent’s limit ends the run, and the model is not asked', async () => {
  const { asked, take } = await openedRun();
  const beyond = defaultAgentLimits.turns + 1;
  expect(await take(beyond)).toEqual({ kind: 'ended', code: 'turn-limit-reached' });
  expect(asked).toEqual([]);
});

it('more calls in one turn than the agent allows are none', async () => {
  const { take, calls } = await openedRun(defaultAgentLimits.callsPerTurn + 1);
  expect(await take(1)).toEqual({ kind: 'ended', code: 'call-limit-reached' });
  expect(await calls()).toEqual([]);
});

it('a turn is taken with the instructions that its run began with, although they were edited', async () => {
  const before = await openedRun();
  await editDesk(test.database, ({ instructions }) => ({
    instructions: `${instructions}\nEDITED`,
  }));
  const after = await openedRun();
  await Promise.all([before.take(1), after.take(1)]);
  expect(before.asked[0]?.system).not.toContain('EDITED');
  expect(after.asked[0]?.system).toContain('EDITED');
});
