/** Standing grants on a real database: reserved, cited, checked again, and freed (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import type { GrantId } from '../../contracts/ids.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { createSigner, createVerifier, newPrivateKey } from '../../runtime/signing.js';
import { grantLaw } from '../../server/grant-law.js';
import { recordAttempt } from '../../store/call-attempt.js';
import { settleCall } from '../../store/call-settlement.js';
import { listCalls } from '../../store/calls.js';
import { listEffects } from '../../store/effect-views.js';
import { readEvents } from '../../store/events.js';
import { listUses } from '../../store/grant-views.js';
import { closeRun, requestCancel } from '../../store/run-lifecycle.js';
import { registerDesk } from '../support/agents.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { eventually } from '../support/eventually.js';
import {
  attempt,
  grantOf,
  openedRun,
  plannedRun,
  planRefund,
  propose,
  revoke,
  voteFor,
  type PlannedRun,
} from '../support/granted-run.js';
import { publicKeyOf } from '../support/signing-keys.js';
import { approver } from '../support/votes.js';

let test: TestDatabase;
let owner: Client;
beforeAll(async () => {
  test = await openTestDatabase();
  owner = new Client({ connectionString: test.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test.close();
});

/** Each case has an agent of its own, so that no other grant is in its way. */
let desks = 0;
async function ownDesk(): Promise<string> {
  const name = `desk-${(desks += 1)}`;
  await registerDesk(test.database, name, () => ({}));
  return name;
}
async function granted(uses = 1, when = 'true') {
  const agent = await ownDesk();
  const grant = await propose(test.database, { agent, uses, when });
  return { agent, id: grant.id, plan: () => plannedRun(test.database, { agent }) };
}
const usedOf = async (id: GrantId) => (await grantOf(test.database, id)).used;
const eventsOf = async ({ address }: PlannedRun, ...types: readonly string[]) =>
  ((await readEvents(test.database, address, 0, 1_000)) ?? []).filter(({ type }) =>
    types.includes(type),
  );
const callOf = async ({ address }: PlannedRun) => (await listCalls(test.database, address))?.[0];
const usesOf = (id: GrantId) => listUses(test.database, { tenantId: 'default', id, limit: 50 });

describe('a call that a grant covers', () => {
  it('is allowed and cites it: in its plan, its event, its row and the uses of the grant', async () => {
    const { id, plan } = await granted(2);
    const run = await plan();
    expect(run.planned).toMatchObject({ verdict: 'allow', approval: null });
    expect(await callOf(run)).toMatchObject({
      verdict: 'allow',
      grantId: id,
      rule: 'refund-medium',
      reason: expect.stringContaining(`The standing grant ${id} allows it.`) as unknown,
    });
    expect(await eventsOf(run, 'call-planned', 'grant-used')).toMatchObject([
      { data: { verdict: 'allow', grantId: id } },
      { data: { callId: run.callId, grantId: id, used: 1, uses: 2 } },
    ]);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'started' });
    const [effect] = (await listEffects(test.database, run.address)) ?? [];
    expect(await usesOf(id)).toMatchObject([
      {
        effectKey: effect?.key,
        runId: run.runId,
        callId: run.callId,
        dispatchedAt: expect.any(String) as unknown,
        freedAt: null,
      },
    ]);
  });

  it('is the last one once its uses are taken: the next is asked about', async () => {
    const { id, plan } = await granted(1);
    await plan();
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'used-up', used: 1 });
    expect((await plan()).planned).toMatchObject({ verdict: 'ask' });
    expect(await usedOf(id)).toBe(1);
  });

  it('is asked about beyond its condition, and nothing is reserved', async () => {
    const { agent, id } = await granted(5, 'args.amountCents <= 6000');
    const run = await plannedRun(test.database, { agent, amountCents: 6_001 });
    expect(run.planned.verdict).toBe('ask');
    expect(await usedOf(id)).toBe(0);
  });

  it('takes a use of the grant that expires first, and then of the next', async () => {
    const agent = await ownDesk();
    const later = await propose(test.database, { agent, expiresInMs: 90_000 });
    const sooner = await propose(test.database, { agent, expiresInMs: 60_000 });
    await plannedRun(test.database, { agent });
    expect([await usedOf(sooner.id), await usedOf(later.id)]).toEqual([1, 0]);
    await plannedRun(test.database, { agent });
    expect([await usedOf(sooner.id), await usedOf(later.id)]).toEqual([1, 1]);
  });

  it('is asked about the third time in a row, although its grant has uses', async () => {
    const { agent, id } = await granted(9);
    const runId = await openedRun(test.database, { agent });
    const verdicts: string[] = [];
    for (const turn of [1, 2, 3]) {
      const { planned } = await planRefund(test.database, runId, { agent }, turn);
      verdicts.push(planned.verdict);
    }
    expect(verdicts).toEqual(['allow', 'allow', 'ask']);
    expect(await usedOf(id)).toBe(2);
  });

  it('is asked about in a run that has read what strangers wrote, now and at its start', async () => {
    const { agent, id, plan } = await granted(9);
    const taint = (runId: string) =>
      owner.query('UPDATE run SET tainted_at = clock_timestamp() WHERE id = $1', [runId]);
    const runId = await openedRun(test.database, { agent });
    await taint(runId);
    const { planned } = await planRefund(test.database, runId, { agent });
    expect(planned.verdict).toBe('ask');
    const run = await plan();
    await taint(run.runId);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    expect(await usedOf(id)).toBe(0);
  });

  it('keeps its leave although its agent gets a new version, whose same rule it covers too', async () => {
    const { agent, plan } = await granted(2);
    const before = await plan();
    await registerDesk(test.database, agent, ({ instructions }) => ({
      instructions: `${instructions}\nNew.`,
    }));
    expect(await attempt(test.database, before)).toMatchObject({ kind: 'started' });
    expect((await plan()).planned.verdict).toBe('allow');
  });

  it('is asked about by a rule that was edited', async () => {
    const { agent, plan } = await granted(2);
    await registerDesk(test.database, agent, ({ policy }) => ({
      policy: policy.map((rule) =>
        rule.id === 'refund-medium' ? { ...rule, reason: 'Other words.' } : rule,
      ),
    }));
    expect((await plan()).planned.verdict).toBe('ask');
  });
});

describe('votes', () => {
  const large = { rule: 'refund-large', uses: 5 } as const;

  it('below the quorum of the rule give no leave; the one that completes it does', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'proposed', quorum: 2 });
    const asked = await plannedRun(test.database, { agent, amountCents: 60_000 });
    expect(asked.planned.verdict).toBe('ask');
    await voteFor(test.database, id, 'ben');
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'active' });
    const run = await plannedRun(test.database, { agent, amountCents: 60_000 });
    expect(run.planned.verdict).toBe('allow');
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'started' });
  });

  it('of people whom the rule does not ask are refused', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    const dora = voteFor(test.database, id, 'dora', approver('dora', ['sales']));
    await expect(dora).rejects.toMatchObject({ code: 'forbidden' });
    await expect(voteFor(test.database, id, 'ana')).rejects.toMatchObject({
      code: 'already-voted',
    });
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'proposed' });
  });

  it('of who asked for the run do not count for it', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    await voteFor(test.database, id, 'ben');
    const own = { agent, amountCents: 60_000, requestedBy: 'ana' };
    expect((await plannedRun(test.database, own)).planned.verdict).toBe('ask');
    expect(await usedOf(id)).toBe(0);
    const others = await plannedRun(test.database, { ...own, requestedBy: 'otto' });
    expect(others.planned.verdict).toBe('allow');
  });

  it('of one who lost the label in between count no more: people are asked', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    await voteFor(test.database, id, 'ben');
    const run = await plannedRun(test.database, { agent, amountCents: 60_000 });
    await owner.query(`UPDATE principal SET labels = '{}' WHERE id = 'ben'`);
    try {
      expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
      const next = await plannedRun(test.database, { agent, amountCents: 60_000 });
      expect(next.planned.verdict).toBe('ask');
    } finally {
      await owner.query(`UPDATE principal SET labels = '{finance}' WHERE id = 'ben'`);
    }
  });

  it('under a key that is trusted no more give no leave', async () => {
    const agent = await ownDesk();
    const key = newPrivateKey();
    const law = grantLaw(createSigner(key));
    await propose(test.database, { agent, uses: 5, law });
    const trusting = createVerifier([publicKeyOf(key)]);
    const run = await plannedRun(test.database, { agent, verifier: trusting });
    expect(run.planned.verdict).toBe('allow');
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    const next = await plannedRun(test.database, { agent });
    expect(next.planned.verdict).toBe('ask');
  });
});

describe('at the start of a call', () => {
  it('a grant that was revoked is none: people are asked why, and the use is free', async () => {
    const { id, plan } = await granted(3);
    const run = await plan();
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    expect(await usedOf(id)).toBe(0);
    expect(await eventsOf(run, 'grant-freed')).toHaveLength(1);
    const [asked] = await eventsOf(run, 'approval-requested');
    expect(asked?.data).toMatchObject({
      reason: expect.stringContaining(`${id} does not hold for it: it was revoked`) as unknown,
    });
    expect(await callOf(run)).toMatchObject({ verdict: 'ask', grantId: null });
    expect((await plan()).planned.verdict).toBe('ask');
  });

  it('a revocation that is being committed is waited for, and holds', async () => {
    const { id, plan } = await granted();
    const run = await plan();
    await owner.query('BEGIN');
    await owner.query(
      `UPDATE standing_grant SET revoked_at = clock_timestamp(), revoked_by = 'otto'
       WHERE id = $1`,
      [id],
    );
    let answered: string | null = null;
    const starting = attempt(test.database, run).then(({ kind }) => (answered = kind));
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database()
      AND wait_event_type = 'Lock'`;
    await eventually('it waits for the lock, or went on without', async () => {
      const { rowCount } = await test.database.pool.query(waiting);
      return rowCount === 1 || answered !== null;
    });
    await owner.query('COMMIT');
    expect(await starting).toBe('needs-approval');
    expect(await listEffects(test.database, run.address)).toEqual([]);
  });

  it('a grant has expired by Postgres’s clock, although it was live when the call was planned', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, expiresInMs: 1_500 });
    const run = await plannedRun(test.database, { agent });
    expect(run.planned.verdict).toBe('allow');
    await owner.query(
      `SELECT pg_sleep(greatest(0, extract(epoch FROM expires_at - clock_timestamp())) + 0.01)
       FROM standing_grant WHERE id = $1`,
      [id],
    );
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'expired', used: 0 });
  });

  it('a repeat of what was sent passes no gate again, and keeps its use', async () => {
    const { id, plan } = await granted();
    const run = await plan();
    await attempt(test.database, run);
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'started', fence: 2 });
    expect(await usedOf(id)).toBe(1);
  });
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
    const { id, plan } = await granted();
    const run = await plan();
    expect(await usedOf(id)).toBe(1);
    await end(run);
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'active', used: 0 });
    expect(await usesOf(id)).toMatchObject([
      { freedAt: expect.any(String) as unknown, dispatchedAt: null },
    ]);
    expect(await eventsOf(run, 'grant-freed')).toMatchObject([
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
    const { id, plan } = await granted();
    const run = await plan();
    const start = await attempt(test.database, run);
    if (start.kind !== 'started') throw new Error(`The call is ${start.kind}`);
    await end(run, start.fence);
    expect(await usedOf(id)).toBe(1);
    expect(await eventsOf(run, 'grant-freed')).toEqual([]);
    expect((await plan()).planned.verdict).toBe('ask');
  });

  it('when its attempt was rolled back and people are asked instead: that attempt does nothing more', async () => {
    const { agent, id } = await granted();
    const run = await plannedRun(test.database, { agent, effect: 'transactional' });
    const start = await attempt(test.database, run);
    if (start.kind !== 'started') throw new Error(`The call is ${start.kind}`);
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    const late = { kind: 'done', result: '{}', externalRef: null } as const;
    const { database } = test;
    const recorded = await recordAttempt(database, run.address, run.callId, start.fence, late);
    expect(recorded).toEqual({ kind: 'superseded' });
    expect(await usedOf(id)).toBe(0);
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
    const { id, plan } = await granted(3);
    const run = await plan();
    await change(id);
    const start = await attempt(test.database, run);
    expect(start).toMatchObject({ kind: 'tampered', result: { kind: 'finished' } });
    if (start.kind === 'tampered') expect(start.findings.join('; ')).toMatch(finding);
    expect(await callOf(run)).toMatchObject({ outcome: 'tampered' });
    expect(await listEffects(test.database, run.address)).toEqual([]);
  });

  it('and makes a grant of a proposal gives no leave', async () => {
    const agent = await ownDesk();
    const { id } = await propose(test.database, { agent, rule: 'refund-large', uses: 5 });
    await swap('UPDATE standing_grant SET active_at = clock_timestamp() WHERE id = $1', id);
    const run = await plannedRun(test.database, { agent, amountCents: 60_000 });
    expect(run.planned.verdict).toBe('ask');
  });

  it('and names a grant in a call that asks starts nothing', async () => {
    const { agent, id } = await granted(3, 'args.amountCents < 6000');
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
  expect(rows[0]?.grants).toBeGreaterThan(20);
  expect(rows[0]?.wrong).toBeNull();
});
