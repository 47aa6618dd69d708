import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BelayError } from '../../runtime/belay-error.js';
import { findApproval } from '../../store/approval-views.js';
import { settleApproval } from '../../store/call-settlement.js';
import { readEvents } from '../../store/events.js';
import { askInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import { queueRun } from '../support/queued-run.js';
import { createDice } from '../support/seed.js';
import { vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const races = 1_000;
const atOnce = 10;

const decideApproval = ({ approvalId }: AskedRun) =>
  vote(test.database, approvalId, 'ana', 'approve').then(
    () => 'decided' as const,
    (error: unknown) => (error instanceof BelayError ? error.code : 'broken'),
  );

/** Looks as the workflow's timer does: again while Postgres says that time remains. */
async function settleUntilTold(asked: AskedRun): Promise<'approved' | 'expired'> {
  const address = { tenantId: 'default', runId: asked.runId };
  for (;;) {
    const { callId, approvalId } = asked;
    const result = await settleApproval(test.database, address, callId, approvalId);
    if (result.kind === 'approved') return 'approved';
    if (result.kind === 'finished') return 'expired';
    if (result.kind !== 'undecided') throw new Error(`unexpected ${result.kind}`);
    await wait(Math.min(result.remainingMs, 20));
  }
}

describe('a decision that races its deadline', () => {
  it(`${races} times: never both, never neither, and everyone is told the same`, async () => {
    const dice = createDice('expiry race');
    const tally = { decided: 0, expired: 0 };
    // Found by feedback, so that both sides win about as often, however busy the machine is.
    let leadMs = 5;
    const race = async (): Promise<void> => {
      const expiresInMs = 60 + dice.roll(40);
      const runId = await queueRun(test.database);
      const asked = await askInRun(test.database, runId, { expiresInMs });
      const leftMs = Date.parse(asked.expiresAt) - Date.now();
      const deciding = wait(leftMs - leadMs + dice.roll(7) - 3).then(() => decideApproval(asked));
      const [answer, seen] = await Promise.all([deciding, settleUntilTold(asked)]);
      const approval = await findApproval(test.database, 'default', asked.approvalId);
      const events = await readEvents(test.database, { tenantId: 'default', runId }, 0, 100);
      const ends = events?.filter(({ type }) => /^approval-(decided|expired)$/.test(type));
      expect(ends).toHaveLength(1);
      if (answer === 'decided') {
        tally.decided += 1;
        leadMs -= 0.5;
        expect([seen, approval?.status]).toEqual(['approved', 'approved']);
        const at = approval!.decisions[0]!.at;
        expect(Date.parse(at)).toBeLessThanOrEqual(Date.parse(approval!.expiresAt));
      } else {
        tally.expired += 1;
        leadMs += 0.5;
        expect([answer, seen, approval?.status]).toEqual([
          'approval-expired',
          'expired',
          'expired',
        ]);
      }
    };
    for (let done = 0; done < races; done += atOnce) {
      await Promise.all(Array.from({ length: atOnce }, race));
    }
    // A race that one side always wins proves nothing.
    expect(tally.decided).toBeGreaterThan(races / 20);
    expect(tally.expired).toBeGreaterThan(races / 20);
  });

  it('is closed by the workflow’s timer when nobody decided, and the call with it', async () => {
    const runId = await queueRun(test.database);
    const { callId, approvalId } = await askInRun(test.database, runId, { expiresInMs: 0 });
    const address = { tenantId: 'default', runId };
    expect(await settleApproval(test.database, address, callId, approvalId)).toEqual({
      kind: 'finished',
    });
    expect(await findApproval(test.database, 'default', approvalId)).toMatchObject({
      status: 'expired',
    });
    const events = await readEvents(test.database, address, 0, 100);
    expect(events?.slice(-2)).toMatchObject([
      { type: 'approval-expired' },
      { type: 'call-finished', data: { outcome: 'expired' } },
    ]);
  });

  it('that waits for the run’s lock until after the deadline comes too late', async () => {
    const runId = await queueRun(test.database);
    const asked = await askInRun(test.database, runId, { expiresInMs: 1_000 });
    const blocker = await test.database.pool.connect();
    await blocker.query('BEGIN');
    await blocker.query('SELECT 1 FROM run WHERE id = $1 FOR NO KEY UPDATE', [runId]);
    const deciding = decideApproval(asked);
    await eventually('the decision waits for the lock', async () => {
      const { rows } = await test.database.pool.query(
        `SELECT 1 FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    });
    await wait(Math.max(0, Date.parse(asked.expiresAt) - Date.now()) + 50);
    await blocker.query('COMMIT');
    blocker.release();
    expect(await deciding).toBe('approval-expired');
  });
});
