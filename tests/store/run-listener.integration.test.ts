/** The listening connection: what it hears, and that it knows when nobody speaks any more. */
import { expect, test } from '@jest/globals';
import type { RunId } from '../../contracts/ids.js';
import { createLog } from '../../runtime/log.js';
import type { Database } from '../../store/database.js';
import { openRun } from '../../store/run-lifecycle.js';
import { listenForRuns } from '../../store/run-listener.js';
import { startProxy } from '../faults/proxy.js';
import { openTestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { createDice } from '../support/seed.js';

const log = createLog({ service: 'test', level: 'error', format: 'json' });

/** A run that goes on after it was made. */
async function changedRun(database: Database): Promise<RunId> {
  const runId = await queueRun(database);
  await openRun(database, { tenantId: 'default', runId }, `engine-${runId}`);
  return runId;
}

test('a connection that falls silent is noticed and made again, and tells of the gap', async () => {
  const testing = await openTestDatabase();
  const url = new URL(testing.url);
  const proxy = await startProxy(Number(url.port), createDice('listener'));
  url.port = String(proxy.port);
  const heard: string[] = [];
  let gaps = 0;
  const listener = listenForRuns({
    url: url.href,
    log,
    onRun: (runId) => heard.push(runId),
    onAttempt: () => undefined,
    onGap: () => (gaps += 1),
    probe: { everyMs: 100, answerMs: 300 },
  });
  try {
    await eventually('it listens', async () => listener.connected);
    const first = await changedRun(testing.database);
    await eventually('it has heard', async () => heard.includes(first));

    // Half-open: nothing is reset, nothing arrives.
    proxy.setWeather({ kind: 'silent' });
    await eventually('the silence is noticed', async () => !listener.connected, 5_000);
    const gapsBefore = gaps;
    proxy.setWeather({ kind: 'clear' });
    await eventually('it listens again', async () => listener.connected && gaps > gapsBefore);
    const second = await changedRun(testing.database);
    await eventually('it has heard again', async () => heard.includes(second));
    expect(heard).toEqual(expect.arrayContaining([first, second]));
  } finally {
    await listener.close();
    await proxy.close();
    await testing.close();
  }
});
