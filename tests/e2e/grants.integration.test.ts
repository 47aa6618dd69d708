/** Leave that people give beforehand, on the whole stack: used, cited, used up, and taken away (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { EventView } from '../../contracts/event.js';
import type { GrantUseView, GrantView } from '../../contracts/grant.js';
import { testServers } from '../support/servers.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const as = (who: string) => stack.api.as(testServers().keys[who] ?? '');
const terms = {
  agent: 'refund-desk',
  tool: 'issue_refund',
  rule: 'refund-medium',
  when: 'args.amountCents <= 6500',
  uses: 3,
  expiresIn: '7d',
  reason: 'A recall of these.',
};
const grantOf = async (id: string) =>
  (await as('vera').call<GrantView>('GET', `/v1/grants/${id}`)).body;
const give = async (changes: object = {}): Promise<GrantView> => {
  const { status, body } = await as('ana').call<GrantView>('POST', '/v1/grants', {
    ...terms,
    ...changes,
  });
  expect([status, body.status]).toEqual([201, 'active']);
  return body;
};
const start = (order: number) => as('otto').start(`Refund order ${order}, it arrived broken`);
const dataOf = (events: readonly EventView[], type: string) =>
  events.find((event) => event.type === type)?.data;

/** A refund that nobody is asked about. */
async function refund(order: number): Promise<string> {
  const { id } = await start(order);
  expect((await stack.api.until(id, 'ended')).status).toBe('completed');
  expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
  return id;
}

/** A refund that people are asked about; they say no. */
async function refundIsAsked(order: number): Promise<void> {
  const { id } = await start(order);
  const [approval] = await stack.api.untilAsked(id);
  expect(approval).toMatchObject({ rule: 'refund-medium' });
  await as('ana').decide(approval!, 'reject', 'Not now.');
  await stack.api.until(id, 'ended');
  expect(await refundsOf(stack, `ch_${order}`)).toEqual([]);
}

describe('a grant of three refunds of at most 65.00 EUR', () => {
  it('lets three of 60 EUR pass, each citing it, and asks for the fourth', async () => {
    const grant = await give();
    const runs: string[] = [];
    for (const order of [6_001, 6_002, 6_003]) {
      const runId = await refund(order);
      runs.push(runId);
      const [, call] = await stack.api.calls(runId);
      expect(call).toMatchObject({ grantId: grant.id, verdict: 'allow', outcome: 'succeeded' });
      const events = await stack.api.events(runId);
      expect(dataOf(events, 'grant-used')).toEqual({
        callId: call?.id,
        grantId: grant.id,
        used: runs.length,
        uses: 3,
      });
      expect(events.map(({ type }) => type)).not.toContain('approval-requested');
      await expectTrueStory(stack, runId);
    }
    expect(await grantOf(grant.id)).toMatchObject({ status: 'used-up', used: 3 });
    await refundIsAsked(6_004);
    const { body } = await as('audrey').call<{ data: readonly GrantUseView[] }>(
      'GET',
      `/v1/grants/${grant.id}/uses`,
    );
    expect(body.data.map(({ runId }) => runId)).toEqual(runs.toReversed());
    expect(body.data.every(({ dispatchedAt, freedAt }) => dispatchedAt && !freedAt)).toBe(true);
  });

  it('asks for one beyond its condition, and for the next once it is revoked', async () => {
    const grant = await give();
    await refundIsAsked(6_600);
    await refund(6_011);
    const revoked = await as('otto').call<GrantView>('POST', `/v1/grants/${grant.id}/revocation`, {
      reason: 'The recall is over.',
    });
    expect([revoked.status, revoked.body.status]).toEqual([200, 'revoked']);
    await refundIsAsked(6_012);
    expect(await grantOf(grant.id)).toMatchObject({ status: 'revoked', used: 1 });
  });

  it('revoked while its refund waits behind a switch: the refund asks instead of being sent', async () => {
    const grant = await give();
    const scope = { scope: 'tool', name: 'issue_refund', reason: 'A look first.' };
    const { body } = await as('otto').call<{ id: number }>('POST', '/v1/kill-switches', scope);
    const { id } = await start(6_021);
    await stack.api.until(id, 'waiting');
    await as('cleo').call('POST', `/v1/grants/${grant.id}/revocation`, { reason: 'Stop.' });
    await as('otto').call('POST', `/v1/kill-switches/${body.id}/lifts`, { reason: 'Go.' });
    const [approval] = await stack.api.untilAsked(id);
    expect(approval?.reason).toContain(`${grant.id} does not hold for it: it was revoked`);
    expect(await refundsOf(stack, 'ch_6021')).toEqual([]);
    expect(await grantOf(grant.id)).toMatchObject({ used: 0 });
    await as('ana').decide(approval!, 'approve');
    expect((await stack.api.until(id, 'ended')).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_6021')).toHaveLength(1);
    await expectTrueStory(stack, id);
  });
});
