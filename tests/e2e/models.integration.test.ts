/** Models as users meet them: away, refusing, cut short, expensive, and of another provider. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import type { BillLine } from '../../stand-ins/model/journal-entry.js';
import { registerDesk } from '../support/agents.js';
import { eventually } from '../support/eventually.js';
import { startStack, type TestStack } from '../support/stack.js';
import { expectTrueStory, refundsOf } from '../support/story.js';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack();
  const { database } = stack.test;
  await registerDesk(database, 'other-desk', () => ({
    models: [{ provider: 'openai-compatible', model: 'qwen3' }],
  }));
  // As versions had it before there were chains.
  await registerDesk(database, 'old-desk', () => ({ models: ['claude-haiku-5-5'] }));
});
afterAll(() => stack?.close());

const start = (message: string, agent = 'refund-desk'): Promise<RunView> =>
  stack.api.start(message, {}, agent);

async function finished(message: string, agent?: string): Promise<RunView> {
  const { id } = await start(message, agent);
  return stack.api.until(id, 'ended');
}

/** What the stand-in billed for a run, all its models together. */
async function billOf(runId: string): Promise<Omit<BillLine, 'user' | 'model'>> {
  const response = await fetch(`${stack.model.url}/bill`);
  const { data } = (await response.json()) as { data: readonly BillLine[] };
  const lines = data.filter(({ user }) => user === runId);
  const sum = (name: keyof Omit<BillLine, 'user' | 'model'>) =>
    lines.reduce((total, line) => total + line[name], 0);
  return {
    answers: sum('answers'),
    inputTokens: sum('inputTokens'),
    cacheWriteTokens: sum('cacheWriteTokens'),
    cacheReadTokens: sum('cacheReadTokens'),
    outputTokens: sum('outputTokens'),
  };
}

const typesOf = async (runId: string) => (await stack.api.events(runId)).map(({ type }) => type);

describe('a run', () => {
  it.each(['other-desk', 'old-desk'])('of %s is carried out as any other', async (agent) => {
    const order = agent === 'other-desk' ? 2_101 : 2_102;
    const run = await finished(`Refund order ${order}`, agent);
    expect(run.status).toBe('completed');
    expect(await refundsOf(stack, `ch_${order}`)).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('goes on with the next model where the first refuses, for good, and pays for both', async () => {
    const run = await finished('Refund order 2103 [refuse]');
    expect(run.status).toBe('completed');
    const switched = (await stack.api.events(run.id)).find(({ type }) => type === 'model-switched');
    expect(switched?.data).toMatchObject({ from: 'claude-haiku-5-5', to: 'claude-sonnet-5-5' });
    const journal = await stack.model.journal();
    const asked = journal.filter(({ user }) => user === run.id).map(({ model }) => model);
    const [first, ...rest] = asked;
    expect(first).toBe('claude-haiku-5-5');
    expect(new Set(rest)).toEqual(new Set(['claude-sonnet-5-5']));
    const { inputTokens, outputTokens, cacheReadTokens } = await billOf(run.id);
    expect(run.usage).toMatchObject({ inputTokens, outputTokens, cacheReadTokens });
    expect(run.usage.costEstimated).toBe(false);
  });

  it.each(['refund-desk', 'other-desk'])(
    'of %s is paid for what was lost on the way too, as an estimate',
    async (agent) => {
      const order = agent === 'other-desk' ? 2_104 : 2_105;
      const run = await finished(`Refund order ${order} [cut-stream] [stream-overload]`, agent);
      expect(run.status).toBe('completed');
      expect(run.usage.costEstimated).toBe(true);
      const bill = await billOf(run.id);
      const billed = bill.inputTokens + bill.cacheReadTokens + bill.outputTokens;
      const { inputTokens, cacheReadTokens, outputTokens } = run.usage;
      expect(outputTokens).toBeGreaterThan(0);
      const counted = inputTokens + cacheReadTokens + outputTokens;
      // Chat completions say nothing of a prompt before their end: there it is counted by length.
      expect(counted / billed).toBeGreaterThan(0.75);
      if (agent === 'refund-desk') expect(Math.abs(counted - billed)).toBeLessThan(40);
    },
  );

  it('makes no call of an answer that was cut, and is told so', async () => {
    const run = await finished('Refund order 2106 [truncate x3]');
    expect(run.status).toBe('completed');
    const calls = await stack.api.calls(run.id);
    expect(calls[0]).toMatchObject({ tool: 'lookup_order', outcome: 'denied' });
    expect(await refundsOf(stack, 'ch_2106')).toHaveLength(1);
    await expectTrueStory(stack, run.id);
  });

  it('goes on where an answer was cut in its text, and where it was paused', async () => {
    const run = await finished('What is order 2107? [pause] [truncate-text x2]');
    expect(run).toMatchObject({ status: 'completed', turns: 5 });
    const message = (run.output as { message: string }).message;
    expect(message).toMatch(/^Order 2107: /);
    expect(message.split('Order 2107')).toHaveLength(2);
  });

  it.each([
    ['[context-too-long x2]', 'model-context-too-long'],
    ['[context-full x2]', 'model-context-too-long'],
    ['[refuse x2]', 'model-refused'],
    ['[bad-request]', 'model-rejected'],
    ['[half-json x3]', 'model-output-invalid'],
    ['[new-stop]', 'model-output-invalid'],
  ])('ends after %s, and says why', async (fault, code) => {
    const run = await finished(`Refund order 2108 ${fault}`);
    expect(run).toMatchObject({ status: 'failed', failure: { code } });
    expect(await stack.api.effects(run.id)).toEqual([]);
    await expectTrueStory(stack, run.id);
  });

  it('at the spending limit waits for a person, and is not asked for again and again', async () => {
    const { id } = await start('Refund order 2109 [spend-limit]');
    await stack.api.until(id, 'waiting', 30_000);
    const run = await stack.api.run(id);
    expect(run.waitingFor).toMatchObject([{ kind: 'budget', who: 'operator' }]);
    expect(Date.parse(run.waitingFor[0]?.until ?? '') - Date.now()).toBeGreaterThan(10 * 60_000);
    expect((await stack.model.journal()).filter(({ user }) => user === id)).toHaveLength(1);
    await stack.api.call('POST', `/v1/runs/${id}/cancel`, {});
    expect((await stack.api.until(id, 'ended', 30_000)).status).toBe('cancelled');
  });
});

it('runs wait while the model is away, say so, and go on by themselves when it is back', async () => {
  await stack.model.kill('SIGKILL');
  const runs = await Promise.all([
    start('Refund order 2110'),
    start('Refund order 2111', 'other-desk'),
  ]);
  for (const { id } of runs) {
    await eventually(
      'it waits for the model',
      async () => {
        const { waitingFor, status } = await stack.api.run(id);
        const wait = waitingFor[0];
        return status === 'waiting' && wait?.kind === 'dependency' && wait.until !== null;
      },
      30_000,
    );
    expect((await stack.api.run(id)).waitingFor).toMatchObject([
      { kind: 'dependency', who: 'model' },
    ]);
  }
  await stack.model.start();
  for (const { id } of runs) {
    expect((await stack.api.until(id, 'ended')).status).toBe('completed');
    expect(await typesOf(id)).toContain('turn-retrying');
  }
});
