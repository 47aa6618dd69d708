import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KillSwitchView } from '../../contracts/kill-switch.js';
import { eventually } from '../support/eventually.js';
import { startStack, type TestStack } from '../support/stack.js';
import { expectTrueStory, refundsOf } from '../support/story.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const set = async (scope: object): Promise<KillSwitchView> => {
  const body = { ...scope, reason: 'Refunds went wrong.' };
  const answer = await stack.api.call<KillSwitchView>('POST', '/v1/kill-switches', body);
  expect(answer.status).toBe(201);
  return answer.body;
};
const lift = async ({ links }: KillSwitchView): Promise<KillSwitchView> => {
  const answer = await stack.api.call<KillSwitchView>('POST', links.lifts, { reason: 'Mended.' });
  expect(answer.status).toBe(200);
  return answer.body;
};
const untilHeld = (runId: string) =>
  eventually('the kill switch holds it', async () => {
    const { status, waitingFor } = await stack.api.run(runId);
    return status === 'waiting' && waitingFor[0]?.then.includes('kill switch') === true;
  });
const dispatchesOf = async (runId: string) =>
  (await stack.api.events(runId)).filter(({ type }) => type === 'effect-dispatched');
const sentOf = async (runId: string): Promise<number> => (await dispatchesOf(runId)).length;
/** It looks again every five seconds; the rest is for a machine that has other things to do. */
const goesOnWithinMs = 15_000;

describe('a kill switch', () => {
  it('stops every effect from its answer on while reads go on, and all of them go on when it is lifted', async () => {
    const { api } = stack;
    const orders = [2_901, 2_902, 2_903];
    const stop = await set({ scope: 'all' });
    const runs = await Promise.all(orders.map((order) => api.start(`Refund order ${order}`)));
    await Promise.all(runs.map(({ id }) => untilHeld(id)));
    for (const { id } of runs) {
      // The order was looked up: only what changes something outside is held.
      expect(await api.calls(id)).toMatchObject([
        { tool: 'lookup_order', outcome: 'succeeded' },
        { tool: 'issue_refund', state: 'planned', retry: { code: 'kill-switch-on', until: null } },
      ]);
      expect(await api.effects(id)).toEqual([]);
    }
    const liftedAtMs = Date.parse((await lift(stop)).liftedAt ?? '');
    for (const { id } of runs) {
      expect((await api.until(id, 'ended')).status).toBe('completed');
      const [sent] = await dispatchesOf(id);
      const heldForMs = Date.parse(sent?.at ?? '') - liftedAtMs;
      expect([heldForMs > 0, heldForMs < goesOnWithinMs]).toEqual([true, true]);
    }
    for (const order of orders) expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
    for (const { id } of runs) await expectTrueStory(stack, id);
  });

  it('set in the middle of things stops the rest within a second', async () => {
    const { api } = stack;
    const orders = Array.from({ length: 12 }, (_, each) => 2_920 + each);
    const startAll = (some: readonly number[]) =>
      Promise.all(some.map((order) => api.start(`Refund order ${order}`)));
    const runs = await startAll(orders.slice(0, 6));
    await eventually('the first is sent', async () => {
      const sent = await Promise.all(runs.map(({ id }) => sentOf(id)));
      return sent.some((count) => count > 0);
    });
    const stop = await set({ scope: 'agent', name: 'refund-desk' });
    const late = await startAll(orders.slice(6));
    runs.push(...late);
    await eventually('the others are held', async () => {
      const now = await Promise.all(runs.map(({ id }) => api.run(id)));
      return now.every(({ status }) => status === 'completed' || status === 'waiting');
    });
    const sent = (await Promise.all(runs.map(({ id }) => dispatchesOf(id)))).flat();
    for (const { id } of late) expect(sent.filter(({ runId }) => runId === id)).toEqual([]);
    const latest = Math.max(...sent.map(({ at }) => Date.parse(at)));
    expect(latest - Date.parse(stop.setAt)).toBeLessThan(1_000);
    await lift(stop);
    for (const { id } of runs) expect((await api.until(id, 'ended')).status).toBe('completed');
    for (const order of orders) expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
  });

  it('of one tool holds the repeat of what was sent and never answered', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 2904, broken [payments-slow]');
    await eventually('it is sent', async () => (await sentOf(run.id)) === 1);
    await stack.worker.kill('SIGKILL');
    const stop = await set({ scope: 'tool', name: 'issue_refund' });
    await stack.worker.start();
    await untilHeld(run.id);
    expect(await sentOf(run.id)).toBe(1);
    await lift(stop);
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    expect(await sentOf(run.id)).toBe(2);
    expect(await refundsOf(stack, 'ch_2904')).toHaveLength(1);
  });

  it('does not keep a run from being cancelled', async () => {
    const { api } = stack;
    const stop = await set({ scope: 'agent', name: 'refund-desk' });
    const run = await api.start('Refund order 2905');
    await untilHeld(run.id);
    await api.call('POST', `/v1/runs/${run.id}/cancel`, {});
    expect((await api.until(run.id, 'ended')).status).toBe('cancelled');
    expect(await refundsOf(stack, 'ch_2905')).toEqual([]);
    await lift(stop);
  });
});
