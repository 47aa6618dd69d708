import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { notesOn, openTicket, ticketsIn } from '../support/desk.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

const ticketsAbout = async (orderId: string) =>
  (await ticketsIn(stack.desk)).filter(({ subject }) => subject === `Order ${orderId}`);
const statusOf = async (orderId: string): Promise<string | undefined> => {
  const sql = 'SELECT status FROM shop.orders WHERE order_id = $1';
  const { rows } = await stack.test.database.pool.query<{ status: string }>(sql, [orderId]);
  return rows[0]?.status;
};

describe('the refund desk', () => {
  it('refunds an order, marks it and opens a ticket, each once', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 1510, mark it as returned and open a ticket');
    const done = await api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    const effects = (await api.effects(run.id)).map((effect) => [
      effect.tool,
      effect.class,
      effect.state,
      effect.attempts,
    ]);
    expect(effects.toSorted()).toEqual([
      ['create_ticket', 'reconcilable', 'confirmed', 1],
      ['issue_refund', 'keyed', 'confirmed', 1],
      ['set_order_status', 'transactional', 'confirmed', 1],
    ]);
    expect(await statusOf('1510')).toBe('returned');
    const [ticket] = await ticketsAbout('1510');
    expect(done.output).toMatchObject({
      message: expect.stringContaining(`Ticket ${ticket?.id} is open about order 1510.`),
    });
    await expectTrueStory(stack, run.id);
  });

  it('leaves one ticket and one note where a reply was lost, by searching and by writing again', async () => {
    const { api } = stack;
    const ticketId = await openTicket(stack.desk, 'Called twice.');
    const runs = await Promise.all([
      api.start('Open a ticket about order 1511 [desk-lost-reply]'),
      api.start('Open a ticket about order 1512 [desk-500]'),
      api.start(`Note on ticket ${ticketId}: she called [desk-lost-reply]`),
    ]);
    const attempts = await Promise.all(
      runs.map(async ({ id }) => {
        expect(await api.until(id, 'ended')).toMatchObject({ status: 'completed' });
        await expectTrueStory(stack, id);
        return (await api.effects(id)).map((effect) => [effect.state, effect.attempts]);
      }),
    );
    expect(await ticketsAbout('1511')).toHaveLength(1);
    expect(await ticketsAbout('1512')).toHaveLength(1);
    expect(await notesOn(stack.desk, ticketId)).toMatchObject([{ text: /she called/ }]);
    expect(attempts.map(([effect]) => effect?.[0])).toEqual([
      'confirmed',
      'confirmed',
      'confirmed',
    ]);
  });
});

describe('a run of the refund desk that is undone', () => {
  it('has the status set back, and leaves refund and mail to people with what to do', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 1530, mark it as returned and tell the customer');
    await api.decide((await api.untilAsked(run.id))[0]!, 'approve');
    expect(await api.until(run.id, 'ended')).toMatchObject({ status: 'completed' });
    expect(await statusOf('1530')).toBe('returned');
    const reason = 'The wrong order.';
    const unwind = await api.call<RunView>('POST', `/v1/runs/${run.id}/unwind`, { reason });
    expect(unwind).toMatchObject({ status: 202, body: { unwinds: run.id } });
    const done = await api.until(encodeURIComponent(unwind.body.id), 'ended');
    const listed = (tool: string) => ({ tool, advice: expect.stringContaining('be called back') });
    expect(done.output).toMatchObject({
      undone: [{ tool: 'set_order_status' }],
      forPeople: [listed('send_email'), listed('issue_refund')],
      notUndone: [],
    });
    expect(await statusOf('1530')).toBe('delivered');
    expect(await refundsOf(stack, 'ch_1530')).toHaveLength(1);
  });
});

describe('the same refund, asked for in another run', () => {
  const again = 'Refund 5.00 EUR of order 1520';

  it('is asked about, naming the first, although its rule allows it', async () => {
    const { api } = stack;
    const first = await api.start(again);
    expect(await api.until(first.id, 'ended')).toMatchObject({ status: 'completed' });
    const second = await api.start(again);
    const [question] = await api.untilAsked(second.id);
    expect(question).toMatchObject({ rule: 'done-before' });
    expect(question?.reason).toContain(first.id);
    await api.decide(question!, 'reject');
    expect(await api.until(second.id, 'ended')).toMatchObject({ status: 'completed' });
    expect(await refundsOf(stack, 'ch_1520')).toHaveLength(1);
    await expectTrueStory(stack, second.id);
  });

  it('is made where people say that it is meant', async () => {
    const { api } = stack;
    const third = await api.start(again);
    const [question] = await api.untilAsked(third.id);
    await api.decide(question!, 'approve');
    expect(await api.until(third.id, 'ended')).toMatchObject({ status: 'completed' });
    expect(await refundsOf(stack, 'ch_1520')).toHaveLength(2);
    await expectTrueStory(stack, third.id);
  });

  it('is one question with both reasons where its rule asks anyway', async () => {
    const { api } = stack;
    const large = 'Refund 60.00 EUR of order 42';
    const first = await api.start(large);
    await api.decide((await api.untilAsked(first.id))[0]!, 'approve');
    expect(await api.until(first.id, 'ended')).toMatchObject({ status: 'completed' });
    const second = await api.start(large);
    const [question] = await api.untilAsked(second.id);
    expect(question?.reason).toMatch(
      /take a person's consent\. The same was done at .* by run run_/,
    );
    await api.decide(question!, 'approve');
    expect(await api.until(second.id, 'ended')).toMatchObject({ status: 'completed' });
    const { body } = await api.call<{ data: unknown[] }>('GET', `/v1/approvals?runId=${second.id}`);
    expect(body.data).toHaveLength(1);
    expect(await refundsOf(stack, 'ch_42')).toHaveLength(2);
    await expectTrueStory(stack, second.id);
  });
});
