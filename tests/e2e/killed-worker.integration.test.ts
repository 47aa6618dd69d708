import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { isFinal } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import { createDice, type Dice } from '../support/seed.js';
import { expectTrueStory, refundsOf } from '../support/story.js';
import { startStack, type TestStack } from '../support/stack.js';

jest.setTimeout(300_000);

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

/** Kills the worker `times` times at random moments while runs are posted and questions answered. */
async function killWhile(
  dice: Dice,
  times: number,
  message: (number: number) => string,
): Promise<readonly { readonly runId: string; readonly order: number }[]> {
  const started: { runId: string; order: number }[] = [];
  const approving = keepApproving();
  for (let kill = 0; kill < times; kill += 1) {
    for (let each = 0; each < 2; each += 1) {
      const order = nextOrder();
      const run = await stack.api.start(message(order));
      started.push({ runId: run.id, order });
    }
    // From booting to working on several runs at once.
    await wait(200 + dice.roll(1_300));
    await stack.worker.kill('SIGKILL');
    await stack.worker.start();
  }
  await eventually(
    'every run has ended or waits for a person',
    async () => {
      const runs = await Promise.all(started.map(({ runId }) => stack.api.run(runId)));
      return runs.every(
        ({ status, waitingFor }) =>
          isFinal(status) || (status === 'waiting' && waitingFor[0]?.kind === 'effect'),
      );
    },
    120_000,
  );
  await approving.stop();
  return started;
}

let lastOrder = 4_000;
/** Every third order is small enough to be refunded without asking. */
const nextOrder = (): number => {
  lastOrder += 1;
  return lastOrder % 3 === 0 ? lastOrder : lastOrder + 1_500;
};

function keepApproving() {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      const { body } = await stack.api.call<{ data: Parameters<TestStack['api']['decide']>[0][] }>(
        'GET',
        '/v1/approvals?status=pending',
      );
      await Promise.all(body.data.map((approval) => stack.api.decide(approval, 'approve')));
      await wait(100);
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

describe('a worker that is killed', () => {
  it('20 times at random moments: every run completes, every refund is made once', async () => {
    const dice = createDice('killed worker');
    const started = await killWhile(dice, 20, (order) => `Refund order ${order}`);
    for (const { runId, order } of started) {
      expect((await stack.api.run(runId)).status).toBe('completed');
      const refunds = await refundsOf(stack, `ch_${order}`);
      expect(refunds.map(({ refund }) => refund.amount)).toEqual([order]);
      await expectTrueStory(stack, runId);
    }
  });

  it('in the middle of a model call is missed within seconds, not after the call’s ten minutes', async () => {
    const { api, worker } = stack;
    const run = await api.start('[slow] Refund order 1960');
    await api.until(run.id, 'running');
    // The answer takes four seconds at least: after one the call is under way.
    await wait(1_000);
    await worker.kill('SIGKILL');
    expect((await api.events(run.id)).some(({ type }) => type === 'turn-committed')).toBe(false);
    await worker.start();
    expect((await api.until(run.id, 'ended', 60_000)).status).toBe('completed');
    expect(await refundsOf(stack, 'ch_1960')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('with mail: completes or is parked, never sends again, and goes on after an answer', async () => {
    const dice = createDice('killed worker with mail');
    const message = (order: number) => `Refund order ${order} and tell the customer`;
    const started = await killWhile(dice, 8, message);
    for (const { runId, order } of started) {
      const sent = async () => {
        const mails = await stack.mail.journal();
        return mails.filter((mail) => JSON.stringify(mail).includes(`customer${order}@`)).length;
      };
      expect(await sent()).toBeLessThanOrEqual(1);
      const parked = (await stack.api.effects(runId)).filter(({ state }) => state === 'parked');
      for (const { key } of parked) {
        const outcome = (await sent()) === 1 ? 'happened' : 'absent';
        const answer = await stack.api.call('POST', `/v1/effects/${key}/resolutions`, {
          outcome,
          message: 'looked into the mail server',
        });
        expect(answer.status).toBe(200);
      }
      const known = await sent();
      expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
      expect(await sent()).toBe(known);
      expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
      await expectTrueStory(stack, runId);
    }
  });
});

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
