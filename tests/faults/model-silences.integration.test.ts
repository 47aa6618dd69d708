/** Models that fall silent, that only ping, and that nobody wants to hear any more: how soon it is noticed. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  block,
  ending,
  opening,
  startScriptedApi,
  textBlock,
  writeEvents,
  type ScriptedApi,
} from '../activities/models/scripted-api.js';
import { readBody } from '../../stand-ins/http.js';
import { eventually } from '../support/eventually.js';
import { startStack, type TestStack } from '../support/stack.js';
import { median, tell } from './figures.js';
import { cases, isLong } from './size.js';

jest.setTimeout(cases(300_000, 3_600_000));

/** What the stack is set to. */
const idleMs = 1_000;
const noticedWithinMs = idleMs + 1_000;
const stoppedWithinMs = 3_000;
const stallsPerRun = 2;

/** A stream as the model's side saw it, in milliseconds of this process. */
interface Spoken {
  readonly runId: string;
  lastByteMs: number;
  closedMs: number | null;
}
const spoken: Spoken[] = [];
const spokenTo = (runId: string): readonly Spoken[] =>
  spoken.filter((each) => each.runId === runId);

/** Speaks as the first message asks. */
async function speak(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = JSON.parse(await readBody(request)) as {
    readonly metadata: { readonly user_id: string };
    readonly messages: readonly [{ readonly content: readonly [{ readonly text: string }] }];
  };
  const runId = body.metadata.user_id;
  const asked = body.messages[0].content[0].text;
  const heard: Spoken = { runId, lastByteMs: performance.now(), closedMs: null };
  const before = spokenTo(runId).length;
  spoken.push(heard);
  const gone = once(response, 'close').then(() => (heard.closedMs = performance.now()));
  const say = (...events: Parameters<typeof writeEvents>[1]) => {
    writeEvents(response, events);
    heard.lastByteMs = performance.now();
  };
  const [start, piece] = block(
    0,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Well, ' },
  );
  say(opening, start!, piece!);
  if (asked.includes('silence') && before < stallsPerRun) return void (await gone);
  if (asked.includes('pings')) {
    for (let ping = 0; ping < 8; ping += 1) {
      await wait(idleMs / 2);
      say(['ping', {}]);
    }
  }
  while (asked.includes('endless') && heard.closedMs === null) {
    await wait(100);
    say(piece!);
  }
  say(['content_block_stop', { index: 0 }], ...textBlock(1, 'good.'), ...ending('end_turn'));
  response.end();
}

let model: ScriptedApi;
let stack: TestStack;
beforeAll(async () => {
  model = await startScriptedApi((response, request) => {
    speak(request, response).catch(() => response.destroy());
  });
  const environment = { ANTHROPIC_BASE_URL: model.url, MODEL_IDLE_TIMEOUT_MS: String(idleMs) };
  stack = await startStack({ worker: { program: ['worker/main'], environment } });
});
afterAll(async () => {
  await stack?.close();
  await model?.close();
});

const retriesOf = async (runId: string) =>
  (await stack.api.events(runId)).filter(({ type }) => type === 'turn-retrying');

/** In `npm test` other tests run beside it: there the middle one is held to the bound. */
function expectSoon(scenario: string, tookMs: readonly number[], withinMs: number): void {
  const counts = { cases: tookMs.length, runs: tookMs.length, lost: 0, duplicated: 0 };
  tell({ scenario, seed: 0, ...counts, recoveryMs: tookMs });
  expect(isLong ? Math.max(...tookMs) : median(tookMs)).toBeLessThanOrEqual(withinMs);
}

describe('a stream of a model', () => {
  it('that falls silent is given up soon, and asked for again', async () => {
    const tookMs: number[] = [];
    for (let number = 0; number < cases(2, 25); number += 1) {
      const { id } = await stack.api.start('Say it after some silence');
      const done = await stack.api.until(id, 'ended');
      expect(done).toMatchObject({ status: 'completed', output: { message: 'Well, \n\ngood.' } });
      const retries = await retriesOf(id);
      expect(retries).toHaveLength(stallsPerRun);
      for (const { data } of retries) expect(data).toMatchObject({ code: 'model-stalled' });
      const stalled = spokenTo(id).slice(0, stallsPerRun);
      tookMs.push(
        ...stalled.map(({ lastByteMs, closedMs }) => (closedMs ?? Infinity) - lastByteMs),
      );
    }
    expect(Math.min(...tookMs)).toBeGreaterThan(idleMs * 0.9);
    expectSoon('model: silence noticed', tookMs, noticedWithinMs);
  });

  it('that only pings for several times as long lives', async () => {
    const { id } = await stack.api.start('Say it between pings');
    expect(await stack.api.until(id, 'ended')).toMatchObject({ status: 'completed' });
    expect(await retriesOf(id)).toEqual([]);
    expect(spokenTo(id)).toHaveLength(1);
  });

  it('stops soon after its run is cancelled', async () => {
    const tookMs: number[] = [];
    for (let number = 0; number < cases(3, 50); number += 1) {
      const { id } = await stack.api.start('Go on, endless');
      await eventually('it speaks', async () => spokenTo(id).length > 0);
      const cancelledMs = performance.now();
      await stack.api.call('POST', `/v1/runs/${id}/cancel`, {});
      await eventually('it stops', async () => spokenTo(id)[0]?.closedMs !== null);
      tookMs.push((spokenTo(id)[0]?.closedMs ?? Infinity) - cancelledMs);
      expect((await stack.api.until(id, 'ended')).status).toBe('cancelled');
      expect(spokenTo(id)).toHaveLength(1);
    }
    expectSoon('model: stream stopped', tookMs, stoppedWithinMs);
  });
});
