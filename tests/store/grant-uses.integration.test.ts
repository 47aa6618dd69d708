/** What frees a use of a standing grant, and what writing to Postgres does not give (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { GrantId } from '../../contracts/ids.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { recordAttempt } from '../../store/call-attempt.js';
import { settleCall } from '../../store/call-settlement.js';
import { listEffects } from '../../store/effect-views.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { createGrantDesk } from '../support/grant-desk.js';
import {
  attempt,
  grantOf,
  plannedRun,
  propose,
  revoke,
  type PlannedRun,
} from '../support/granted-run.js';

let test: TestDatabase;
let owner: Client;
let desk: ReturnType<typeof createGrantDesk>;
beforeAll(async () => {
  test = await openTestDatabase();
  desk = createGrantDesk(test);
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test.close();
});

describe('a use is freed', () => {
  const cancel = ({ address }: PlannedRun) =>
    requestCancel(test.database, address, { by: 'otto', reason: null }, null);
  const noWord = () => true;

  it.each<[string, (run: PlannedRun) => Promise<unknown>]>([
    [
      'when its run is cancelled before it starts',
      async (run) => {
        await cancel(run);
        await attempt(test.database, run);
      },
    ],
    [
      'when its run ends before it starts',
      async (run) => {
        await cancel(run);
        await closeRun(test.database, run.address, { status: 'cancelled', code: null });
      },
    ],
    [
      'when its tool is not there',
      (run) => settleCall(test.database, run.address, run.callId, 'tool-unavailable', noWord),
    ],
    [
      'when it certainly was not sent and its run is cancelled then',
      async (run) => {
        const start = await attempt(test.database, run);
        if (start.kind !== 'started') throw new Error(`The call is ${start.kind}`);
        const learned = { kind: 'not-sent', code: 'tool-unreachable', retryInMs: 0 } as const;
        await recordAttempt(test.database, run.address, run.callId, start.fence, learned);
        await cancel(run);
        await attempt(test.database, run);
      },
    ],
  ])('%s', async (_when, end) => {
    const { id, plan } = await desk.granted();
    const run = await plan();
    expect(await desk.usedOf(id)).toBe(1);
    await end(run);
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'active', used: 0 });
    expect(await desk.usesOf(id)).toMatchObject([
      { freedAt: expect.any(String) as unknown, dispatchedAt: null },
    ]);
    expect(await desk.eventsOf(run, 'grant-freed')).toMatchObject([
      { data: { callId: run.callId, grantId: id } },
    ]);
    expect((await plan()).planned.verdict).toBe('allow');
  });

  it.each<[string, (run: PlannedRun, fence: number | null) => Promise<unknown>]>([
    [
      'carried out',
      (run, fence) =>
        recordAttempt(test.database, run.address, run.callId, fence, {
          kind: 'done',
          result: '{}',
          externalRef: 're_1',
        }),
    ],
    [
      'refused by its service',
      (run, fence) =>
        recordAttempt(test.database, run.address, run.callId, fence, {
          kind: 'refused',
          message: 'no',
        }),
    ],
    [
      'handed to people',
      (run, fence) =>
        recordAttempt(test.database, run.address, run.callId, fence, {
          kind: 'unknown',
          code: 'effect-failure-stored',
          retryInMs: 0,
        }),
    ],
    [
      'sent when its tool went',
      (run) => settleCall(test.database, run.address, run.callId, 'tool-unavailable', noWord),
    ],
    [
      'sent when its run ended',
      async (run) => {
        await cancel(run);
        await closeRun(test.database, run.address, { status: 'cancelled', code: null });
      },
    ],
  ])('never when it was %s', async (_how, end) => {
    const { id, plan } = await desk.granted();
    const run = await plan();
    const start = await attempt(test.database, run);
    if (start.kind !== 'started') throw new Error(`The call is ${start.kind}`);
    await end(run, start.fence);
    expect(await desk.usedOf(id)).toBe(1);
    expect(await desk.eventsOf(run, 'grant-freed')).toEqual([]);
    expect((await plan()).planned.verdict).toBe('ask');
  });

  it('when its attempt was rolled back and people are asked instead: that attempt does nothing more', async () => {
    const { agent, id } = await desk.granted();
    const run = await plannedRun(test.database, { agent, effect: 'transactional' });
    const start = await attempt(test.database, run);
    if (start.kind !== 'started') throw new Error(`The call is ${start.kind}`);
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    const late = { kind: 'done', result: '{}', externalRef: null } as const;
    const { database } = test;
    const recorded = await recordAttempt(database, run.address, run.callId, start.fence, late);
    expect(recorded).toEqual({ kind: 'superseded' });
    expect(await desk.usedOf(id)).toBe(0);
  });
});

describe('who writes to Postgres', () => {
  const swap = (sql: string, ...values: readonly unknown[]) => owner.query(sql, [...values]);
  const endless = (terms: string) => {
    const changed = { ...(JSON.parse(terms) as object), uses: 1_000 };
    return { text: canonicalJson(changed), digest: digestOf(changed) };
  };

  it.each<[string, (id: GrantId) => Promise<unknown>, RegExp]>([
    [
      'its uses',
      (id) => swap('UPDATE standing_grant SET uses = 1000 WHERE id = $1', id),
      /row says other than its terms/,
    ],
    [
      'its expiry',
      (id) =>
        swap(
          `UPDATE standing_grant SET expires_at = expires_at + interval '1 year' WHERE id = $1`,
          id,
        ),
      /row says other than its terms/,
    ],
    [
      'its terms with their digest',
      async (id) => {
        const { rows } = await owner.query<{ terms: string }>(
          'SELECT terms FROM standing_grant WHERE id = $1',
          [id],
        );
        const { text, digest } = endless(rows[0]?.terms ?? '{}');
        await swap(
          'UPDATE standing_grant SET uses = 1000, terms = $2, terms_digest = $3 WHERE id = $1',
          id,
          text,
          digest,
        );
      },
      /vote of ana is not what was signed/,
    ],
    [
      'who voted',
      (id) => swap(`UPDATE grant_vote SET by = 'ben' WHERE grant_id = $1`, id),
      /vote of ben is not what was signed/,
    ],
    [
      'its votes',
      (id) => swap('DELETE FROM grant_vote WHERE grant_id = $1', id),
      /active without the votes/,
    ],
    [
      'what it counts',
      (id) => swap('UPDATE standing_grant SET used = 0 WHERE id = $1', id),
      /its uses are not those that it counts/,
    ],
  ])('and changes %s makes nothing happen: the alarm names it', async (_what, change, finding) => {
    const { id, plan } = await desk.granted(3);
    const run = await plan();
    await change(id);
    const start = await attempt(test.database, run);
    expect(start).toMatchObject({ kind: 'tampered', result: { kind: 'finished' } });
    if (start.kind === 'tampered') expect(start.findings.join('; ')).toMatch(finding);
    expect(await desk.callOf(run)).toMatchObject({ outcome: 'tampered' });
    expect(await listEffects(test.database, run.address)).toEqual([]);
  });

  it('and makes a grant of a proposal gives no leave', async () => {
    const agent = await desk.ownDesk();
    const { id } = await propose(test.database, { agent, rule: 'refund-large', uses: 5 });
    await swap('UPDATE standing_grant SET active_at = clock_timestamp() WHERE id = $1', id);
    const run = await plannedRun(test.database, { agent, amountCents: 60_000 });
    expect(run.planned.verdict).toBe('ask');
  });

  it('and names a grant in a call that asks starts nothing', async () => {
    const { agent, id } = await desk.granted(3, 'args.amountCents < 6000');
    const run = await plannedRun(test.database, { agent });
    await swap(`UPDATE call SET verdict = 'allow', grant_id = $2 WHERE id = $1`, run.callId, id);
    await swap('DELETE FROM approval WHERE run_id = $1', run.runId);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
  });
});

it('after all of this each grant counts the uses that are not freed', async () => {
  const { rows } = await owner.query<{ grants: number; wrong: readonly string[] | null }>(
    `SELECT count(*)::int AS grants, array_agg(id) FILTER (WHERE used <> taken) AS wrong
     FROM (SELECT id, used, (SELECT count(*) FROM grant_use WHERE grant_id = g.id
       AND freed_at IS NULL) AS taken FROM standing_grant g) AS counted`,
  );
  expect(rows[0]?.grants).toBeGreaterThan(10);
  expect(rows[0]?.wrong).toBeNull();
});
