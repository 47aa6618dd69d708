/** Parked effects: everything that a person needs to answer, what each answer does, and who may give it (P3). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EffectDetail, EffectStory } from '../../contracts/effect-detail.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { parkRun } from '../support/parked-run.js';
import { openGateway, type TestGateway } from './gateway.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Problem = Readonly<Record<string, unknown>>;
const park = () => parkRun(gateway.test.database);
const read = async (key: string, who = 'otto') =>
  (await gateway.as(who).call<EffectStory>('GET', `/v1/effects/${key}`)).body;
const answer = (key: string, outcome: string, who = 'otto') =>
  gateway.as(who).call<EffectStory & Problem>('POST', `/v1/effects/${key}/resolutions`, {
    outcome,
    externalRef: outcome === 'happened' ? 're_9' : null,
    message: 'Seen at the bank.',
  });
interface Page {
  readonly data: readonly EffectDetail[];
  readonly nextCursor: string | null;
}
const list = async (query: string) =>
  (await gateway.as('vera').call<Page>('GET', `/v1/effects?state=parked${query}`)).body;

test('a parked effect says what it is, why nobody knows, and what each answer will do', async () => {
  const { key, runId, callId } = await park();
  const effect = await read(key);
  expect(effect).toMatchObject({
    key,
    runId,
    callId,
    agent: 'refund-desk',
    requestedBy: 'otto',
    tool: 'issue_refund',
    title: 'refund 180.00 EUR for order 42',
    args: { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' },
    class: 'keyed',
    state: 'parked',
    attempts: 1,
    parked: {
      since: expect.stringMatching(/Z$/),
      code: 'effect-failure-stored',
      title: 'The service keeps answering with a failure that it stored',
      hint: expect.stringContaining('resolutions'),
    },
    remindedAt: null,
    resolution: null,
    viewer: { canResolve: true },
    links: { run: `/v1/runs/${runId}`, console: `/effects/${key}` },
  });
  expect(effect.firstDispatchedAt).toBe(effect.lastDispatchedAt);
  expect(effect.answers.map(({ outcome }) => outcome)).toEqual([
    'happened',
    'absent',
    'compensated',
  ]);
  expect(effect.story.map(({ type }) => type)).toEqual([
    'effect-dispatched',
    'effect-unknown',
    'effect-parked',
  ]);
  expect(effect.story.every(({ data }) => (data as { key: string }).key === key)).toBe(true);
});

test.each([
  ['happened', 'confirmed', 'succeeded'],
  ['absent', 'absent', 'failed'],
  ['compensated', 'compensated', 'failed'],
])('“%s” makes it %s and its call %s, and says who answered', async (outcome, state, called) => {
  const { key, runId } = await park();
  const { status, body } = await answer(key, outcome);
  expect(status).toBe(200);
  const resolution = { outcome, by: 'otto', message: 'Seen at the bank.' };
  const after = {
    state,
    externalRef: outcome === 'happened' ? 're_9' : null,
    answers: [],
    viewer: { canResolve: false },
    resolution,
  };
  expect(body).toMatchObject(after);
  expect(await read(key)).toMatchObject(after);
  expect((await read(key)).story.at(-1)).toMatchObject({ type: 'effect-resolved' });
  expect(await gateway.local.calls(runId)).toMatchObject([{ outcome: called }]);
  expect(await answer(key, 'absent')).toMatchObject({
    status: 409,
    body: { code: 'effect-not-parked', decidedBy: 'otto', decision: outcome },
  });
});

test('only operators answer, and everybody else is told so beforehand', async () => {
  const { key } = await park();
  for (const who of ['ana', 'vera', 'adam', 'audrey']) {
    expect((await read(key, who)).viewer).toEqual({
      canResolve: false,
      why: 'Only operators say what became of it.',
    });
    expect((await answer(key, 'happened', who)).status).toBe(403);
  }
  expect((await read(key)).state).toBe('parked');
});

test('while the run is being cancelled the answer still ends the call', async () => {
  const { key, runId, address } = await park();
  await requestCancel(gateway.test.database, address, { by: 'otto', reason: null }, null);
  expect((await read(key)).answers[0]?.then).toContain('The call succeeds');
  expect((await answer(key, 'happened')).status).toBe(200);
  expect(await gateway.local.calls(runId)).toMatchObject([{ outcome: 'succeeded' }]);
});

test('after the end of its run it is still asked about, and the answers say that nothing goes on', async () => {
  const { key, address } = await park();
  await closeRun(gateway.test.database, address, { status: 'failed', code: 'engine-terminated' });
  const effect = await read(key);
  expect(effect).toMatchObject({ state: 'parked', viewer: { canResolve: true } });
  for (const { then } of effect.answers) expect(then).toContain('Its run has ended');
  expect(await answer(key, 'compensated')).toMatchObject({
    status: 200,
    body: { state: 'compensated' },
  });
});

test('the one that waits longest comes first, page by page, of one run or of all', async () => {
  const parked = [await park(), await park(), await park()];
  const keys = (await list('&limit=200')).data.map(({ key }) => key);
  expect(keys.slice(-3)).toEqual(parked.map(({ key }) => key));
  const paged: string[] = [];
  let cursor = '';
  do {
    const page = await list(`&limit=2&cursor=${cursor}`);
    paged.push(...page.data.map(({ key }) => key));
    cursor = page.nextCursor ?? '';
  } while (cursor !== '');
  expect(paged).toEqual(keys);
  const ofOne = await list(`&runId=${parked[1]?.runId}`);
  expect(ofOne.data.map(({ key }) => key)).toEqual([parked[1]?.key]);
  await answer(parked[1]?.key ?? '', 'absent');
  expect((await list(`&runId=${parked[1]?.runId}`)).data).toEqual([]);
});

test('what is no effect is not found, and other states are not listed', async () => {
  const { local } = gateway;
  expect((await local.call('GET', '/v1/effects/x')).status).toBe(404);
  expect((await local.call('GET', `/v1/effects/${'A'.repeat(43)}`)).status).toBe(404);
  expect((await local.call('GET', '/v1/effects?state=confirmed')).status).toBe(400);
  expect((await local.call('GET', '/v1/effects?cursor=x')).status).toBe(400);
});
