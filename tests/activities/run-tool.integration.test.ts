/** A tool's activity on a real ledger: what is committed before it runs, and after (P3). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRunTool } from '../../activities/run-tool.js';
import { createIssueRefund } from '../../activities/tools/issue-refund.js';
import { createStripe } from '../../activities/tools/clients.js';
import type {
  KeyedTool,
  PlainTool,
  Tool,
  ToolContext,
  ToolOutcome,
} from '../../activities/tool.js';
import type { EffectClass } from '../../contracts/effect.js';
import { createReadResult } from '../../activities/tools/read-result.js';
import { toolResultBytes } from '../../contracts/limits.js';
import { createLog } from '../../runtime/log.js';
import { listEffects } from '../../store/effect-views.js';
import { createKeptResults } from '../../store/kept-results.js';
import { listCalls } from '../../store/calls.js';
import { asActivity, type ActivityConditions } from '../support/activity.js';
import { editDesk } from '../support/agents.js';
import { approveInRun, askInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { demoShop } from '../support/demo-shop.js';
import { queueRun } from '../support/queued-run.js';
import { toolContext } from '../support/tool-context.js';
import { testVerifier } from '../support/signing-keys.js';
import { vote } from '../support/votes.js';
import { passFreely } from '../../runtime/crash-points.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const log = createLog({ service: 'test', level: 'error', format: 'json' });
const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: 'http://127.0.0.1:9' });
const refund = createIssueRefund({ stripe, shop: demoShop }) as KeyedTool;
const verifier = testVerifier();
const model = { complete: () => Promise.reject(new Error('No model here')) };
const addressOf = ({ runId }: AskedRun) => ({ tenantId: 'default', runId });
const effectOf = async (asked: AskedRun) =>
  (await listEffects(test.database, addressOf(asked)))?.[0];
const callOf = async (asked: AskedRun) => (await listCalls(test.database, addressOf(asked)))?.[0];
const approved = async (effect: EffectClass = 'keyed') =>
  approveInRun(test.database, await queueRun(test.database), effect);
/** The refund tool with another service behind it. */
const carryOut = (
  { runId, callId }: AskedRun,
  run: (context: ToolContext) => Promise<ToolOutcome>,
  conditions: ActivityConditions = {},
) => {
  const tool: Tool = { ...refund, run: (_args: unknown, context: ToolContext) => run(context) };
  const deps = {
    database: test.database,
    model,
    tools: [tool],
    log,
    passPoint: passFreely,
    verifier,
  };
  return asActivity(conditions, () => createRunTool(deps, tool)({ runId, callId }));
};
const done = async (result: unknown = {}): Promise<ToolOutcome> => ({
  kind: 'done',
  result,
  externalRef: 're_1',
});

describe('a tool that changes something', () => {
  it('runs only once its dispatch is committed under the key that it is given', async () => {
    const asked = await approved();
    const seen: unknown[] = [];
    const result = await carryOut(asked, async ({ effectKey }) => {
      seen.push(effectKey, await effectOf(asked));
      return done();
    });
    expect(result).toEqual({ kind: 'finished' });
    const [key, effect] = seen;
    expect(effect).toMatchObject({ key, state: 'dispatched', attempts: 1 });
    expect(await effectOf(asked)).toMatchObject({ key, state: 'confirmed', externalRef: 're_1' });
  });

  it('is not run again once its result is stored', async () => {
    const asked = await approved();
    await carryOut(asked, () => done());
    let runs = 0;
    const again = await carryOut(asked, () => {
      runs += 1;
      return done();
    });
    expect([again, runs]).toEqual([{ kind: 'finished' }, 0]);
  });

  it('is awaited although its run is cancelled: aborting it would make it unknown', async () => {
    const asked = await approved();
    const isAborted = async ({ signal }: ToolContext) => done({ isAborted: signal.aborted });
    await carryOut(asked, isAborted, { signal: AbortSignal.abort() });
    expect(await callOf(asked)).toMatchObject({ result: { isAborted: false } });
  });

  it('has only so long to send, counted from before its dispatch', async () => {
    const asked = await approved();
    const now = performance.now.bind(performance);
    let isInTime: readonly boolean[] = [];
    try {
      await carryOut(asked, (context) => {
        const atOnce = context.isTimeToSend();
        // As if the process had been stopped for three seconds right here.
        performance.now = () => now() + 3_000;
        isInTime = [atOnce, context.isTimeToSend()];
        performance.now = now;
        return done();
      });
    } finally {
      performance.now = now;
    }
    expect(isInTime).toEqual([true, false]);
  });

  it('that throws may have had its effect: without a key a person is asked', async () => {
    const asked = await approved('unsafe');
    const quiet = { ...log, error: () => undefined };
    const tool: Tool = { ...refund, run: () => Promise.reject(new RangeError('bug')) };
    const deps = {
      database: test.database,
      model,
      tools: [tool],
      log: quiet,
      passPoint: passFreely,
      verifier,
    };
    const { runId, callId } = asked;
    const result = await asActivity({}, () => createRunTool(deps, tool)({ runId, callId }));
    expect(result).toMatchObject({ kind: 'parked' });
    expect(await effectOf(asked)).toMatchObject({ state: 'parked' });
  });

  it('whose tool is of another class by now is not made: its repeats would rest on the old one', async () => {
    const asked = await approved('keyed');
    const tool: Tool = { ...refund, effect: 'unsafe', run: () => done() } as PlainTool;
    const { database } = test;
    const deps = { database, model, tools: [tool], log, passPoint: passFreely, verifier };
    await asActivity({}, () => createRunTool(deps, tool)(asked));
    expect(await callOf(asked)).toMatchObject({ outcome: 'failed' });
    expect(await effectOf(asked)).toBeUndefined();
  });

  it('that throws in our own Postgres did nothing, is not tried again, and the model is told', async () => {
    const asked = await approved('transactional');
    const { run: _, keyRetentionMs: __, ...facts } = refund;
    const tool: Tool = {
      ...facts,
      effect: 'transactional',
      runInTransaction: async (_args, sql) => {
        await sql(`UPDATE shop.orders SET status = 'lost' WHERE order_id = $1`, ['42']);
        throw new RangeError('bug');
      },
    };
    const quiet = { ...log, error: () => undefined };
    const { database } = test;
    const deps = { database, model, tools: [tool], log: quiet, passPoint: passFreely, verifier };
    const result = await asActivity({}, () => createRunTool(deps, tool)(asked));
    expect(result).toEqual({ kind: 'finished' });
    expect(await effectOf(asked)).toMatchObject({ state: 'failed', attempts: 1 });
    expect(await callOf(asked)).toMatchObject({
      outcome: 'failed',
      result: 'It failed, and nothing of it was kept.',
    });
  });
});

it('a result that is too long for the model is shown by its ends, and its own run reads on', async () => {
  const asked = await approved();
  const result = { note: 'x'.repeat(toolResultBytes), last: 'y' };
  await carryOut(asked, () => done(result));
  const call = await callOf(asked);
  expect(call?.result).toMatchObject({
    truncated: true,
    beginning: expect.stringContaining('xxx'),
    end: expect.stringContaining('"last":"y"'),
    rest: expect.stringContaining(asked.callId),
  });
  expect(Buffer.byteLength(JSON.stringify(call?.result))).toBeLessThanOrEqual(toolResultBytes);
  const tool = createReadResult(createKeptResults(test.database));
  const page = { call: asked.callId, offset: toolResultBytes };
  expect(await tool.run(page, { ...toolContext(), runId: asked.runId })).toMatchObject({
    kind: 'done',
    result: { text: expect.stringMatching(/^x+","last":"y"\}$/) },
  });
  expect(await tool.run(page, toolContext())).toMatchObject({ kind: 'refused' });
});

it('a call that people change after a worker has read it is read again, and sent as they changed it', async () => {
  const asked = await askInRun(test.database, await queueRun(test.database));
  const args = { orderId: '42', amountCents: 17_000, currency: 'EUR', reason: 'broken' };
  const { argsDigest } = (await callOf(asked))!;
  let edited: Promise<unknown> | undefined;
  const { pool } = test.database;
  const connect = async () => {
    // The call is read, and its start not yet begun.
    await (edited ??= vote(test.database, asked.approvalId, 'ben', 'edit', { argsDigest, args }));
    return pool.connect();
  };
  const query = pool.query.bind(pool);
  const database = { ...test.database, pool: { ...pool, query, connect } as typeof pool };
  const sent: unknown[] = [];
  const run = async (given: unknown) => {
    sent.push(given);
    return done();
  };
  const tool = { ...refund, run } as Tool;
  const deps = { database, model, tools: [tool], log, passPoint: passFreely, verifier };
  const result = await asActivity({}, () => createRunTool(deps, tool)(asked));
  expect({ result, sent }).toMatchObject({ result: { kind: 'finished' }, sent: [args] });
  expect(await callOf(asked)).toMatchObject({ outcome: 'succeeded', args });
});

it('a call is judged by the rules that its run began with, although they were edited', async () => {
  const asked = await approved();
  await editDesk(test.database, ({ policy }) => ({
    policy: policy.map((rule) => ({ ...rule, decision: 'deny', reason: 'Closed.' })),
  }));
  await carryOut(asked, () => done());
  expect(await callOf(asked)).toMatchObject({ outcome: 'succeeded' });
});
