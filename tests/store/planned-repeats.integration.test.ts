import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordAttempt } from '../../store/call-attempt.js';
import { startCall } from '../../store/call-start.js';
import type { JudgedCall } from '../../store/turn-commit.js';
import { digestOf } from '../../runtime/digest.js';
import { askedQuestion, planInRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const repeats = { withinMs: 60_000, onRepeat: 'ask' } as const;
const callOf = (thing: string, changes: Partial<JudgedCall> = {}): Partial<JudgedCall> => ({
  business: { scope: 'tenant', key: digestOf(thing) },
  repeats,
  verdict: 'allow',
  ...changes,
});

/** Plans the call in a run of its own, and carries it out where it is allowed. */
async function make(call: Partial<JudgedCall>) {
  const runId = await queueRun(test.database);
  const address = { tenantId: 'default', runId };
  const planned = await planInRun(test.database, runId, call);
  if (planned.verdict !== 'allow') return { runId, planned };
  const start = await startCall(test.database, address, planned.callId, {
    ...terms,
    verdict: 'allow',
    repeats,
  });
  if (start.kind === 'started') {
    const done = { kind: 'done', result: '{}', externalRef: 're_1' } as const;
    await recordAttempt(test.database, address, planned.callId, start.fence, done);
  }
  return { runId, planned };
}

async function reasonOf({ runId }: Awaited<ReturnType<typeof make>>): Promise<string | undefined> {
  const sql = 'SELECT reason FROM approval WHERE run_id = $1';
  const { rows } = await test.database.pool.query<{ reason: string }>(sql, [runId]);
  expect(rows.length).toBeLessThanOrEqual(1);
  return rows[0]?.reason;
}

describe('a call that does what was done before', () => {
  it('is asked about when it is planned, although its rule allows it, naming who did it', async () => {
    const first = await make(callOf('lamp'));
    expect(first.planned).toMatchObject({ verdict: 'allow', approval: null });
    const second = await make(callOf('lamp'));
    expect(second.planned.verdict).toBe('ask');
    expect(await reasonOf(second)).toMatch(
      new RegExp(`^The same was done at [\\d:.TZ-]+ by run ${first.runId}\\.$`),
    );
  });

  it('is one question with both reasons where its rule asks', async () => {
    await make(callOf('chair'));
    const second = await make(callOf('chair', { verdict: 'ask' }));
    expect(await reasonOf(second)).toMatch(`${askedQuestion.reason} The same was done at `);
  });

  it.each([
    ['another thing', callOf('another thing')],
    ['the same long after', callOf('table', { repeats: { withinMs: 0, onRepeat: 'ask' } })],
    ['the same of another tool', callOf('table', { tool: 'send_email' })],
    [
      'the same where it is answered from the first',
      callOf('table', { repeats: { ...repeats, onRepeat: 'reuse' } }),
    ],
    ['what never counts as a repeat', callOf('table', { business: null, repeats: null })],
  ])('is planned as its rule says where it is %s', async (_what, call) => {
    await make(callOf('table'));
    const runId = await queueRun(test.database);
    expect((await planInRun(test.database, runId, call)).verdict).toBe('allow');
  });
});
