import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

describe('an effect whose reply is lost', () => {
  it('is parked when it is mail, is never sent again, and a person’s word ends it once', async () => {
    const { api } = stack;
    const run = await api.start('Refund order 2700 and email lost-reply@example.com about it');
    const [approval] = await api.untilAsked(run.id);
    await api.decide(approval!, 'approve');
    await eventually('it is parked', async () => {
      const { waitingFor } = await api.run(run.id);
      return waitingFor.some(({ kind }) => kind === 'effect');
    });
    expect(await api.run(run.id)).toMatchObject({ status: 'waiting' });
    const parked = (await api.effects(run.id)).find(({ tool }) => tool === 'send_email');
    expect(parked).toMatchObject({ class: 'unsafe', state: 'parked', attempts: 1 });
    const resolve = () =>
      api.call('POST', `/v1/effects/${parked!.key}/resolutions`, {
        outcome: 'happened',
        externalRef: 'mail-1',
        message: 'the customer confirmed it',
      });
    expect(await resolve()).toMatchObject({
      status: 200,
      body: { state: 'confirmed', externalRef: 'mail-1' },
    });
    expect(await resolve()).toMatchObject({ status: 409, body: { code: 'effect-not-parked' } });
    expect((await api.until(run.id, 'ended')).status).toBe('completed');
    const mails = await stack.mail.journal();
    expect(mails.filter((mail) => JSON.stringify(mail).includes('lost-reply@'))).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it.each([
    ['[payments-lost-reply]', 2_801],
    ['[payments-500]', 2_802],
  ])('is repeated under its key when it is a refund: %s', async (fault, order) => {
    const run = await stack.api.start(`Refund order ${order}, broken ${fault}`);
    const done = await stack.api.until(run.id, 'ended');
    expect(done.status).toBe('completed');
    expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
    const refund = (await stack.api.effects(run.id)).find(({ tool }) => tool === 'issue_refund');
    expect(refund).toMatchObject({ state: 'confirmed', attempts: 2 });
    await expectTrueStory(stack, run.id);
  });

  it('is parked when the service keeps answering with a failure it has stored', async () => {
    const run = await stack.api.start('Refund order 2803, broken [payments-500-after]');
    await eventually('it is parked', async () => {
      const { waitingFor } = await stack.api.run(run.id);
      return waitingFor.some(({ kind }) => kind === 'effect');
    });
    expect(await refundsOf(stack, 'ch_2803')).toHaveLength(1);
    const [effect] = await stack.api.effects(run.id);
    expect(effect).toMatchObject({ state: 'parked' });
  });
});
