/** A turn that is shown while its model speaks: it is committed alike, whatever becomes of the showing. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createTakeTurn } from '../../activities/take-turn.js';
import { showText } from '../../activities/show-text.js';
import type { ModelContext, ModelTurn } from '../../activities/models/model.js';
import { ModelError } from '../../activities/models/model-error.js';
import { createLog } from '../../runtime/log.js';
import { passFreely } from '../../runtime/crash-points.js';
import { createDeltaWriter, type DeltaWriter } from '../../store/delta-writer.js';
import { readEvents } from '../../store/events.js';
import { openRun } from '../../store/run-lifecycle.js';
import { asActivity } from '../support/activity.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { testVerifier } from '../support/signing-keys.js';
import { passingRowsOf, writingOf } from '../support/writing.js';

let test: TestDatabase;
let deltas: DeltaWriter;
/** Of a Postgres that is not there. */
let lost: DeltaWriter;
const log = createLog({ service: 'test', level: 'error', format: 'json' });
beforeAll(async () => {
  test = await openTestDatabase();
  deltas = createDeltaWriter({ url: test.url, log });
  lost = createDeltaWriter({ url: 'postgres://nobody@127.0.0.1:1/nothing', log });
});
afterAll(async () => {
  await Promise.all([deltas.close(), lost.close()]);
  await test.close();
});

const answer: ModelTurn = {
  content: [
    { type: 'text', text: 'Looked.' },
    { type: 'text', text: 'All is well.' },
  ],
  stop: 'final',
  model: 'test',
  pricedBy: 'anthropic',
  requestId: null,
  usage: { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 },
};
const committedText = 'Looked.\n\nAll is well.';

function speak({ onDelta }: ModelContext): void {
  for (const [block, { text = '' }] of answer.content.entries()) {
    for (const character of text as string) onDelta?.({ block, text: character });
  }
}

async function openedRun(
  writer: DeltaWriter,
  complete: (context: ModelContext) => Promise<ModelTurn>,
) {
  const runId = await queueRun(test.database);
  const address = { tenantId: 'default', runId };
  await openRun(test.database, address, `engine-${runId}`);
  const takeTurn = createTakeTurn({
    database: test.database,
    model: { complete: (_, context) => complete(context) },
    tools: [],
    log,
    passPoint: passFreely,
    verifier: testVerifier(),
    deltas: writer,
  });
  const take = (attempt = 1) => asActivity({ attempt }, () => takeTurn({ runId, turn: 1 }));
  const texts = async () => {
    const events = (await readEvents(test.database, address, 0, 100)) ?? [];
    return events.flatMap(({ type, data }) =>
      type === 'turn-committed' ? [(data as { text: string }).text] : [],
    );
  };
  return { runId, address, take, texts };
}
const nothingLeft = (runId: Parameters<typeof passingRowsOf>[1]) =>
  eventually('nothing is left', async () => (await passingRowsOf(test.database, runId)) === 0);

it('what is shown before the commit is the text that is committed, and then it is gone', async () => {
  const { runId, take, texts } = await openedRun(deltas, async (context) => {
    speak(context);
    const isShown = async () => (await writingOf(test.database, runId)).text === committedText;
    await eventually('all of it is shown', isShown);
    return answer;
  });
  expect(await take()).toMatchObject({ kind: 'committed' });
  expect(await texts()).toEqual([committedText]);
  await nothingLeft(runId);
});

it('an attempt that fails takes its text back', async () => {
  const { runId, take, texts } = await openedRun(deltas, async (context) => {
    speak(context);
    const isShown = async () => (await writingOf(test.database, runId)).text !== '';
    await eventually('some of it is shown', isShown);
    throw new ModelError('model-overloaded');
  });
  await expect(take()).rejects.toThrow();
  await nothingLeft(runId);
  expect(await texts()).toEqual([]);
});

it('a turn is committed as fast and as it is while its text can be shown to nobody', async () => {
  const { take, texts } = await openedRun(lost, async (context) => {
    for (let round = 0; round < 20_000; round += 1) speak(context);
    return answer;
  });
  const from = performance.now();
  expect(await take()).toMatchObject({ kind: 'committed' });
  expect(performance.now() - from).toBeLessThan(5_000);
  expect(await texts()).toEqual([committedText]);
});

it('a model that is asked anew within an attempt begins with an empty text under the next number', async () => {
  const { runId, address } = await openedRun(deltas, async () => answer);
  await asActivity({}, async () => {
    const shown = showText({ deltas }, address, 1);
    shown.begin()({ block: 0, text: 'refused' });
    const is = (text: string) => async () => (await writingOf(test.database, runId)).text === text;
    await eventually('the first is shown', is('refused'));
    const tell = shown.begin();
    tell({ block: 0, text: 'accepted' });
    await eventually('the second is shown', is('accepted'));
    expect(await writingOf(test.database, runId)).toMatchObject({ turn: 1, attempt: 2 });
    shown.close();
  });
  await nothingLeft(runId);
});
