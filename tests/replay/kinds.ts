/** Every kind of run whose history is kept: how each is brought about on a real stack. */
import type { RunView } from '../../contracts/run.js';
import { eventually } from '../support/eventually.js';
import { testServers } from '../support/servers.js';
import type { TestStack } from '../support/stack.js';

/** Brings a run of its kind about and returns its id. */
export type Kind = (stack: TestStack) => Promise<string>;

const start = async (stack: TestStack, message: string, agent?: string): Promise<string> =>
  (await stack.api.start(message, {}, agent)).id;

async function ended(stack: TestStack, runId: string): Promise<string> {
  await stack.api.until(runId, 'ended');
  return runId;
}

const happened = (stack: TestStack, runId: string, type: string): Promise<void> =>
  eventually(`${runId}: ${type}`, async () =>
    (await stack.api.events(runId)).some((event) => event.type === type),
  );

/** One of the demo's people. */
const as = (stack: TestStack, who: string) => stack.api.as(testServers().keys[who] ?? '');

/** The questions of the run, once what they will do is known. */
async function decidable(stack: TestStack, runId: string) {
  await stack.api.untilAsked(runId);
  await eventually(`${runId} can be decided`, async () => {
    const pending = await stack.api.pending(runId);
    return pending.every(({ preview }) => preview.state !== 'pending');
  });
  return stack.api.pending(runId);
}

/** Answers every question of the run until it has ended. */
async function answerAll(
  stack: TestStack,
  runId: string,
  decision: 'approve' | 'reject',
): Promise<string> {
  await eventually(`${runId} has ended`, async () => {
    for (const approval of await stack.api.pending(runId))
      await stack.api.decide(approval, decision);
    return (await stack.api.run(runId)).finishedAt !== null;
  });
  return runId;
}

/** Undoes a run, and resolves with the id of the run that did so. */
async function undone(
  stack: TestStack,
  runId: string,
  meanwhile: (inPath: string) => Promise<unknown> = async () => undefined,
): Promise<string> {
  const body = { reason: 'The wrong order.' };
  const { id } = (await stack.api.call<RunView>('POST', `/v1/runs/${runId}/unwind`, body)).body;
  const inPath = encodeURIComponent(id);
  await meanwhile(inPath);
  await ended(stack, inPath);
  return id;
}

/** Says of the parked effect of a run that it happened. */
async function sayItHappened(stack: TestStack, runId: string): Promise<void> {
  const parked = (await stack.api.effects(runId)).find(({ state }) => state === 'parked');
  const word = { outcome: 'happened', message: 'seen in the mail server' };
  await stack.api.call('POST', `/v1/effects/${parked!.key}/resolutions`, word);
}

/**
 * Agents beside the refund desk: `hasty-desk` asks for two seconds, `curt-desk` has one turn,
 * `strict-desk` denies every refund, `patient-desk` lets a yes be taken back for a while.
 */
export const kinds: Readonly<Record<string, Kind>> = {
  allowed: async (stack) => ended(stack, await start(stack, 'Refund order 1851')),
  denied: async (stack) => ended(stack, await start(stack, 'Refund order 1850', 'strict-desk')),
  'decided-by-two': async (stack) => {
    const runId = await start(stack, 'Refund order 44');
    const [approval] = await decidable(stack, runId);
    const args = { ...(approval!.args as object), amountCents: 100_000 };
    const edit = { decision: 'edit', argsDigest: approval!.argsDigest, args };
    const path = `/v1/approvals/${approval!.id}/decisions`;
    await as(stack, 'ben').call('POST', path, edit);
    const [edited] = await stack.api.pending(runId);
    await as(stack, 'cleo').decide(edited!, 'approve');
    return ended(stack, runId);
  },
  answered: async (stack) => {
    const runId = await start(stack, 'Refund order 7864');
    const [approval] = await stack.api.untilAsked(runId);
    const answer = { decision: 'respond', message: 'Offer a voucher' };
    await stack.api.call('POST', `/v1/approvals/${approval!.id}/decisions`, answer);
    return ended(stack, runId);
  },
  'taken-back': async (stack) => {
    const runId = await start(stack, 'Refund order 7865', 'patient-desk');
    const [approval] = await decidable(stack, runId);
    await stack.api.decide(approval!, 'approve');
    await stack.api.call('POST', `/v1/approvals/${approval!.id}/withdrawal`, {});
    return ended(stack, runId);
  },
  'carried-out-later': async (stack) => {
    const runId = await start(stack, 'Refund order 7866', 'patient-desk');
    const [approval] = await decidable(stack, runId);
    await stack.api.decide(approval!, 'approve');
    return ended(stack, runId);
  },
  approved: async (stack) => answerAll(stack, await start(stack, 'Refund order 7851'), 'approve'),
  rejected: async (stack) => answerAll(stack, await start(stack, 'Refund order 7852'), 'reject'),
  parallel: async (stack) =>
    answerAll(stack, await start(stack, 'Refund orders 7853, 1853 and 7854'), 'approve'),
  mail: async (stack) =>
    answerAll(stack, await start(stack, 'Refund order 1854 and tell the customer'), 'approve'),
  expired: async (stack) => ended(stack, await start(stack, 'Refund order 7855', 'hasty-desk')),
  'out-of-turns': async (stack) =>
    ended(stack, await start(stack, 'Refund order 1855', 'curt-desk')),
  'model-failures': async (stack) =>
    ended(stack, await start(stack, '[overload] [cut-stream] [rate-limit] Refund order 1856')),
  'lost-reply': async (stack) =>
    ended(stack, await start(stack, 'Refund order 1857 [payments-lost-reply]')),
  'still-waiting': async (stack) => {
    const runId = await start(stack, 'Refund orders 7858 and 1858');
    await stack.api.untilAsked(runId);
    await happened(stack, runId, 'effect-confirmed');
    return runId;
  },
  'cancelled-while-asking': async (stack) => {
    const runId = await start(stack, 'Refund order 7859');
    await stack.api.untilAsked(runId);
    await stack.api.call('POST', `/v1/runs/${runId}/cancel`, {});
    return ended(stack, runId);
  },
  'cancelled-while-thinking': async (stack) => {
    const runId = await start(stack, '[slow] Refund order 1860');
    await happened(stack, runId, 'run-started');
    await stack.api.call('POST', `/v1/runs/${runId}/cancel`, {});
    return ended(stack, runId);
  },
  'cancelled-while-paying': async (stack) => {
    const runId = await start(stack, 'Refund order 1861 [payments-slow]');
    await happened(stack, runId, 'effect-dispatched');
    await stack.api.call('POST', `/v1/runs/${runId}/cancel`, {});
    return ended(stack, runId);
  },
  'parked-and-answered': async (stack) => {
    const runId = await start(stack, 'Refund order 1862 and email lost-reply@example.com');
    const [approval] = await stack.api.untilAsked(runId);
    await stack.api.decide(approval!, 'approve');
    await happened(stack, runId, 'effect-parked');
    await sayItHappened(stack, runId);
    return ended(stack, runId);
  },
  'killed-worker': async (stack) => {
    const runId = await start(stack, 'Refund order 1863 [payments-slow]');
    await happened(stack, runId, 'effect-dispatched');
    await stack.worker.kill('SIGKILL');
    await stack.worker.start();
    return ended(stack, runId);
  },
  unwound: async (stack) => {
    const message = 'Refund orders 1864 and 1865, and mark them as returned';
    return undone(stack, await ended(stack, await start(stack, message)));
  },
  'unwound-after-a-word': async (stack) => {
    const runId = await start(
      stack,
      'Refund order 1866, mark it as returned and email lost-reply@example.com',
    );
    const [approval] = await stack.api.untilAsked(runId);
    await stack.api.decide(approval!, 'approve');
    await happened(stack, runId, 'effect-parked');
    await stack.api.call('POST', `/v1/runs/${runId}/cancel`, {});
    await ended(stack, runId);
    return undone(stack, runId, async (inPath) => {
      await eventually('it waits for an operator', async () =>
        (await stack.api.run(inPath)).waitingFor.some(({ kind }) => kind === 'effect'),
      );
      await sayItHappened(stack, runId);
    });
  },
};

/** The same with short histories: the last of several is kept. */
export const continuedKinds: Readonly<Record<string, Kind>> = {
  'continued-while-working': async (stack) =>
    ended(stack, await start(stack, '[one-at-a-time] Refund orders 1871, 1872, 1873 and 1874')),
  'continued-while-waiting': async (stack) => {
    const runId = await start(stack, '[one-at-a-time] Refund orders 1875, 1876 and 7876');
    const [approval] = await stack.api.untilAsked(runId);
    await stack.api.decide(approval!, 'approve');
    return ended(stack, runId);
  },
};
