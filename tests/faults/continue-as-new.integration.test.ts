import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { searchAttributes } from '../../contracts/search-attributes.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { hintedApprovals, historiesOf } from '../support/histories.js';
import { createDice } from '../support/seed.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';
import { cases } from './size.js';

jest.setTimeout(cases(300_000, 1_200_000));

const eventsPerHistory = 20;
let stack: TestStack;
let connection: Connection;
let client: Client;
beforeAll(async () => {
  stack = await startStack({ environment: { TEMPORAL_HISTORY_EVENTS: String(eventsPerHistory) } });
  connection = await Connection.connect({ address: testServers().temporalAddress });
  client = new Client({ connection });
  await registerDesk(stack.test.database, 'patient-desk', ({ limits }) => ({
    limits: { ...limits, turns: 1_000, outputTokensPerTurn: 64_000 },
    input: { type: 'object' },
  }));
  await registerDesk(stack.test.database, 'hasty-desk', ({ policy }) => ({
    policy: policy.map((rule) => ({ ...rule, expiresInMs: 10_000 })),
  }));
});
afterAll(async () => {
  await connection.close();
  await stack.close();
});

/** A hint that names no question of ours: it is kept, and must survive every change of history. */
async function hint(runId: string, subject: string): Promise<void> {
  const signal = { approvalId: subject, decisionId: `dec_${subject}`, verdict: 'approved' };
  await client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: runId },
    signalName: 'approvalDecided',
    input: { payloads: toPayloads(defaultPayloadConverter, signal) ?? [] },
    requestId: subject,
  });
}

describe('a run whose history grows long', () => {
  it('goes on in fresh histories while it works, and its story is one', async () => {
    const orders = [2_101, 2_102, 2_103, 2_104, 2_105, 2_106];
    const run = await stack.api.start(`[one-at-a-time] Refund orders ${orders.join(', ')}`);
    const done = await stack.api.until(run.id, 'ended');
    expect(done).toMatchObject({ status: 'completed', turns: 2 * orders.length + 1 });
    const histories = await historiesOf(client, run.id);
    expect(histories.length).toBeGreaterThan(3);
    for (const { events } of histories) expect(events.length).toBeLessThan(eventsPerHistory + 24);
    for (const order of orders) expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
    const { typedSearchAttributes } = await client.workflow.getHandle(run.id).describe();
    const values = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
    expect(Object.fromEntries(values)).toMatchObject({
      [searchAttributes.agent.name]: 'refund-desk',
      [searchAttributes.status.name]: 'completed',
    });
    await expectTrueStory(stack, run.id);
  });

  it('can be cancelled in a later history', async () => {
    const run = await stack.api.start('[one-at-a-time] Refund orders 2111, 2112, 2113 and 7111');
    await stack.api.untilAsked(run.id);
    expect((await historiesOf(client, run.id)).length).toBeGreaterThan(1);
    await stack.api.call('POST', `/v1/runs/${run.id}/cancel`, {});
    expect((await stack.api.until(run.id, 'ended')).status).toBe('cancelled');
    await expectTrueStory(stack, run.id);
  });

  it('asks no longer than it said, however often its history changes while people think', async () => {
    const run = await stack.api.start('Refund order 7121', {}, 'hasty-desk');
    const [approval] = await stack.api.untilAsked(run.id);
    for (let each = 0; each < 15; each += 1) {
      await hint(run.id, `apr_${each}`);
      await wait(400);
    }
    expect((await historiesOf(client, run.id)).length).toBeGreaterThan(2);
    await stack.api.until(run.id, 'ended', 40_000);
    const expired = (await stack.api.events(run.id)).find(
      ({ type }) => type === 'approval-expired',
    );
    const lateMs = Date.parse(expired!.at) - Date.parse(approval!.expiresAt);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    // Each change of history would add what had passed before it: six seconds in the end.
    expect(lateMs).toBeLessThan(4_000);
    await expectTrueStory(stack, run.id);
  });

  it('loses no signal, though they come all the time through every change', async () => {
    const dice = createDice('signals through continue-as-new');
    // As many as a run keeps without its question.
    const hintsPerRun = 15;
    const atOnce = 20;
    for (let batch = 0; batch < cases(1, 10); batch += 1) {
      const numbers = Array.from({ length: atOnce }, (_, each) => batch * atOnce + each);
      const runs = await Promise.all(
        // Half of them work meanwhile: three small refunds come before the one that asks.
        numbers.map((number) => {
          const small = [0, 1, 2].map((each) => 1_200 + 3 * number + each);
          const working = `[one-at-a-time] Refund orders ${small.join(', ')} and ${6_000 + number}`;
          return stack.api.start(number % 2 === 0 ? `Refund order ${6_000 + number}` : working);
        }),
      );
      const sent = Array.from({ length: hintsPerRun }, (_, each) => `apr_${each}`);
      await Promise.all(
        runs.map(async ({ id }) => {
          await eventually(
            'it is carried out',
            async () => (await stack.api.run(id)).startedAt !== null,
          );
          for (const subject of sent) {
            // Some at once, some apart: in the middle of a workflow task, and between two.
            const sending = hint(id, subject);
            if (dice.roll(2) === 0) await sending;
            if (dice.roll(3) === 0) await wait(dice.roll(40));
            await sending;
          }
          const [approval] = await stack.api.untilAsked(id);
          await stack.api.decide(approval!, 'approve');
        }),
      );
      for (const { id } of runs) {
        expect((await stack.api.until(id, 'ended')).status).toBe('completed');
        const histories = await historiesOf(client, id);
        expect(histories.length).toBeGreaterThan(1);
        expect([...hintedApprovals(histories)]).toEqual(expect.arrayContaining(sent));
      }
    }
  });
});

describe('a long run', () => {
  const turns = cases(60, 600);
  it(`of ${turns} turns completes, and no history of it is large`, async () => {
    const orders = Array.from({ length: turns / 2 }, (_, each) => 1_000 + each);
    const message = `[one-at-a-time] Refund orders ${orders.join(', ')}`;
    const run = await stack.api.start(message, {}, 'patient-desk');
    let asked = 0;
    await eventually(
      'it has ended',
      async () => {
        for (const approval of await stack.api.pending(run.id)) {
          await stack.api.decide(approval, 'approve');
          asked += 1;
        }
        return (await stack.api.run(run.id)).finishedAt !== null;
      },
      cases(180_000, 900_000),
    );
    expect(asked).toBe(0);
    expect(await stack.api.run(run.id)).toMatchObject({ status: 'completed', turns: turns + 1 });
    const histories = await historiesOf(client, run.id);
    const events = histories.reduce((sum, history) => sum + history.events.length, 0);
    // Each history begins and ends with a few events of its own.
    expect(events).toBeLessThanOrEqual(14 * (turns + 1) + 14 + 8 * histories.length);
    for (const { events: each } of histories) expect(each.length).toBeLessThan(2_000);
    const journal = (await stack.payments.journal()).filter(({ kind }) => kind === 'refund');
    for (const order of orders) {
      expect(
        journal.filter((entry) => JSON.stringify(entry).includes(`"ch_${order}"`)),
      ).toHaveLength(1);
    }
  });
});
