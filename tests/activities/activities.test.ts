import { expect, it } from '@jest/globals';
import { createActivities } from '../../activities/activities.js';
import { createLog } from '../../runtime/log.js';
import { createVerifier } from '../../runtime/signing.js';
import { openDatabase } from '../../store/database.js';
import { asActivity } from '../support/activity.js';
import { passFreely } from '../../runtime/crash-points.js';

it('every worker answers for tools that are gone, at once and for good', async () => {
  const log = createLog({ service: 'test', level: 'error', format: 'json' });
  const url = 'postgres://nobody@127.0.0.1:1/nothing';
  const database = openDatabase({ url, poolSize: 2, log, name: 'belay-test' });
  const model = { complete: () => Promise.reject(new Error('No model here')) };
  const { default: gone } = createActivities({
    database,
    log,
    model,
    tools: [],
    passPoint: passFreely,
    verifier: createVerifier([]),
  });
  expect(gone).toBeDefined();
  const input = { runId: 'run_0', callId: 'call_0' } as never;
  const answering = asActivity({}, () => gone!(input));
  await expect(answering).rejects.toMatchObject({ type: 'tool-unavailable', nonRetryable: true });
  await database.close();
});
