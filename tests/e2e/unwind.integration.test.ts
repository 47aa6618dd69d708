/** A run that is undone, with real processes: in reverse order, unknowns first, each undo once (P3). */
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunView } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import { startStack, type Part, type TestStack } from '../support/stack.js';
import { openUndoDesk, takenBack, undoDesk } from '../support/taken-back.js';
import { testServers } from '../support/servers.js';

let stack: TestStack;
let worker: Part;
beforeAll(async () => {
  stack = await startStack();
  await openUndoDesk(stack.test, '1911');
  await stack.worker.kill();
  worker = stack.workerWithUndo();
  await worker.start();
});
afterAll(() => stack.close());

const start = async (message: string): Promise<string> =>
  (await stack.api.start(message, {}, undoDesk)).id;
const unwind = async (runId: string): Promise<string> => {
  const body = { reason: 'The wrong customer.' };
  return (await stack.api.call<RunView>('POST', `/v1/runs/${runId}/unwind`, body)).body.id;
};
/** The API finds the run by its id as it stands in an address. */
const inPath = (id: string): string => encodeURIComponent(id);

describe('a run that is undone', () => {
  it('has every effect taken back, the latest first', async () => {
    const runId = await start('Refund orders 1901, 1902 and 1903');
    expect((await stack.api.until(runId, 'ended')).status).toBe('completed');
    const refunds = (await stack.api.calls(runId)).filter(({ tool }) => tool === 'issue_refund');
    const orders = refunds.map(({ args }) => (args as { orderId: string }).orderId);
    expect(orders).toHaveLength(3);
    const id = await unwind(runId);
    const done = await stack.api.until(inPath(id), 'ended');
    expect(done).toMatchObject({ status: 'completed', unwinds: runId, usage: { inputTokens: 0 } });
    expect(await takenBack(stack.test)).toEqual(orders.toReversed());
    expect(done.output).toMatchObject({ undone: [{}, {}, {}], forPeople: [], notUndone: [] });
    const effects = await stack.api.effects(runId);
    const undos = await stack.api.effects(inPath(id));
    expect(effects.map(({ undoneBy }) => undoneBy)).toEqual(
      undos.map(({ key }) => key).toReversed(),
    );
    const seqs = (await stack.api.events(inPath(id))).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
  });

  it('waits for a person’s word first, asks where its policy asks, and lists what is left', async () => {
    const runId = await start('Refund orders 1911 and 1912 and email lost-reply@example.com');
    const [mail] = await stack.api.untilAsked(runId);
    await stack.api.decide(mail!, 'approve');
    await eventually('the mail is parked', async () =>
      (await stack.api.effects(runId)).some(({ state }) => state === 'parked'),
    );
    await stack.api.call('POST', `/v1/runs/${runId}/cancel`, {});
    await stack.api.until(runId, 'ended');
    const id = await unwind(runId);
    await eventually('it waits for an operator', async () => {
      const { waitingFor } = await stack.api.run(inPath(id));
      return waitingFor.some(({ kind, who }) => kind === 'effect' && who === 'operator');
    });
    expect(await stack.api.calls(inPath(id))).toEqual([]);
    const parked = (await stack.api.effects(runId)).find(({ state }) => state === 'parked');
    const word = { outcome: 'happened', message: 'The customer has it.' };
    await stack.api.call('POST', `/v1/effects/${parked!.key}/resolutions`, word);
    const [question] = await stack.api.untilAsked(inPath(id));
    expect(question).toMatchObject({
      runId: id,
      title: expect.stringMatching(/^take back the refund of order 1911, to undo: refund /),
      rule: 'asked-for',
    });
    await stack.api.decide(question!, 'reject', 'Order 1911 was right.');
    const done = await stack.api.until(inPath(id), 'ended');
    expect(done.output).toMatchObject({
      undone: [{ tool: 'issue_refund' }],
      forPeople: [{ tool: 'send_email', advice: expect.stringContaining('be called back') }],
      notUndone: [{ outcome: 'rejected', why: expect.stringContaining('Order 1911 was right.') }],
    });
    const orders = await takenBack(stack.test);
    expect([orders.includes('1911'), orders.includes('1912')]).toEqual([false, true]);
  });

  it.each([
    ['turn-committed', 1921],
    ['call-dispatched', 1923],
    ['call-answered', 1925],
    ['run-closed', 1927],
  ] as const)(
    'has each effect taken back once when the worker is killed at %s',
    async (point, order) => {
      const before = (await takenBack(stack.test)).length;
      const runId = await start(`Refund orders ${order} and ${order + 1}`);
      await stack.api.until(runId, 'ended');
      await worker.kill();
      const hits = path.join(mkdtempSync(path.join(testServers().folder, 'undo-')), 'hits');
      await worker.start({ BELAY_CRASH_POINTS: point, BELAY_CRASH_HITS: hits });
      const id = await unwind(runId);
      await eventually(`the worker dies at ${point}`, async () => !worker.running);
      await worker.start();
      const done = await stack.api.until(inPath(id), 'ended');
      expect(done).toMatchObject({ status: 'completed', output: { undone: [{}, {}] } });
      expect((await takenBack(stack.test)).slice(before)).toHaveLength(2);
    },
  );
});
