/** A person's word on an effect that may or may not have happened (P3). */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { EffectView } from '../../contracts/effect.js';
import { closeRun } from '../../store/run-lifecycle.js';
import { parkRun } from '../support/parked-run.js';
import { openGateway, type TestGateway } from './gateway.js';
import { readStream } from './read-stream.js';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openGateway();
});
afterAll(() => gateway.close());

type Problem = Readonly<Record<string, unknown>>;
const parkedRun = async () => {
  const parked = await parkRun(gateway.test.database);
  const [effect] = await gateway.local.effects(parked.runId);
  if (effect === undefined) throw new Error('The effect is in the ledger');
  return { ...parked, effect };
};
const resolve = (who: string, key: string, body: unknown) =>
  gateway.as(who).call<Problem & EffectView>('POST', `/v1/effects/${key}/resolutions`, body);

test('the first word counts, and ends the call; others learn whose it was', async () => {
  const { runId, effect } = await parkedRun();
  expect(effect.state).toBe('parked');
  expect(await gateway.local.run(runId)).toMatchObject({
    status: 'waiting',
    waitingFor: [{ kind: 'effect', who: 'operator' }],
  });
  const word = { outcome: 'happened', externalRef: 're_1', message: 'Seen at the bank.' };
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => resolve('otto', effect.key, word)),
  );
  const won = answers.filter(({ status }) => status === 200);
  expect(won.map(({ body }) => [body.state, body.externalRef])).toEqual([['confirmed', 're_1']]);
  for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
    expect(status).toBe(409);
    expect(body).toMatchObject({
      code: 'effect-not-parked',
      currentStatus: 'confirmed',
      decidedBy: 'otto',
      decision: 'happened',
    });
  }
  expect(await gateway.local.calls(runId)).toMatchObject([{ outcome: 'succeeded' }]);
});

test('a word needs an outcome and a message, and an effect', async () => {
  const { effect } = await parkedRun();
  expect((await resolve('otto', effect.key, { outcome: 'happened' })).status).toBe(422);
  expect((await resolve('otto', effect.key, { outcome: 'maybe', message: 'x' })).status).toBe(422);
  const word = { outcome: 'absent', message: 'Not there.' };
  expect((await resolve('otto', 'A'.repeat(43), word)).status).toBe(404);
  expect((await resolve('ana', effect.key, word)).status).toBe(403);
});

test('a word after the end of the run is the last event of its stream', async () => {
  const { runId, address, effect } = await parkedRun();
  await closeRun(gateway.test.database, address, { status: 'failed', code: 'internal' });
  await resolve('otto', effect.key, { outcome: 'absent', message: 'Not there.' });
  const url = `${gateway.url}/v1/runs/${runId}/events`;
  const whole = await readStream(url, null, Infinity);
  const types = whole.frames.map(({ event }) => event);
  expect(types.slice(-3)).toEqual(['run-failed', 'effect-resolved', 'end']);
});
