/** Taking a yes back while its undo window is open (P4, P5). */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ruleDefaults } from '../../policy/rules.js';
import { BelayError } from '../../runtime/belay-error.js';
import { findApproval } from '../../store/approval-views.js';
import { settleApproval } from '../../store/call-settlement.js';
import { startCall } from '../../store/call-start.js';
import { listCalls } from '../../store/calls.js';
import { listEffects } from '../../store/effect-views.js';
import { withdraw } from '../../store/withdrawals.js';
import { askInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { terms } from '../support/terms.js';
import { vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const tenantId = 'default';
const undoable = { ...ruleDefaults, undoWindowMs: 60_000 };
const approved = async (question = undoable): Promise<AskedRun> => {
  const asked = await askInRun(test.database, await queueRun(test.database), question);
  await vote(test.database, asked.approvalId, 'ana', 'approve');
  return asked;
};
const takeBack = ({ approvalId }: AskedRun, by = 'ana') =>
  withdraw(test.database, { tenantId, approvalId, by, key: null }).then(
    () => 'withdrawn',
    (error: unknown) => (error instanceof BelayError ? error.code : String(error)),
  );
const start = ({ runId, callId }: AskedRun) =>
  startCall(test.database, { tenantId, runId }, callId, terms);
const read = ({ approvalId }: AskedRun) => findApproval(test.database, tenantId, approvalId);
const closeWindow = ({ approvalId }: AskedRun) =>
  test.database.pool.query(
    `UPDATE approval SET executable_at = clock_timestamp() - interval '1 second' WHERE id = $1`,
    [approvalId],
  );

it('is not carried out while it can be taken back, and is afterwards', async () => {
  const asked = await approved();
  expect(await read(asked)).toMatchObject({
    status: 'approved',
    executableAt: expect.any(String) as unknown,
  });
  expect(await start(asked)).toMatchObject({ kind: 'needs-approval' });
  expect(await listEffects(test.database, { tenantId, ...asked })).toEqual([]);
  const { runId, callId, approvalId } = asked;
  const settled = await settleApproval(test.database, { tenantId, runId }, callId, approvalId);
  expect(settled).toMatchObject({ kind: 'undecided' });
  await closeWindow(asked);
  expect(await start(asked)).toMatchObject({ kind: 'started' });
});

it('tells the run only when it can be carried out, and at once when it is taken back', async () => {
  const asked = await approved();
  const signal = async () => {
    const { rows } = await test.database.pool.query<{ verdict: string; isDue: boolean }>(
      `SELECT payload->>'verdict' AS verdict, next_at <= clock_timestamp() AS "isDue"
       FROM outbox WHERE subject = $1`,
      [asked.approvalId],
    );
    return rows;
  };
  expect(await signal()).toEqual([{ verdict: 'approved', isDue: false }]);
  expect(await takeBack(asked)).toBe('withdrawn');
  expect(await signal()).toEqual([{ verdict: 'rejected', isDue: true }]);
  expect(await start(asked)).toEqual({ kind: 'finished' });
  expect(await listCalls(test.database, { tenantId, ...asked })).toMatchObject([
    { outcome: 'rejected', result: 'Not made: ana took the approval back.' },
  ]);
});

it('is taken back by those who voted for it, and by nobody else', async () => {
  const asked = await approved();
  expect(await takeBack(asked, 'ben')).toBe('forbidden');
  expect(await read(asked)).toMatchObject({ status: 'approved' });
});

it('is not taken back once the window has closed, twice, or where there was none', async () => {
  const late = await approved();
  await closeWindow(late);
  expect(await takeBack(late)).toBe('not-withdrawable');
  const twice = await approved();
  expect([await takeBack(twice), await takeBack(twice)]).toEqual(['withdrawn', 'not-withdrawable']);
  const none = await approved({ ...undoable, undoWindowMs: 0 });
  expect(await takeBack(none)).toBe('not-withdrawable');
});
