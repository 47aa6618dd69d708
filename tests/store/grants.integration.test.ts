/** Standing grants on a real database: reserved, cited, and checked again (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { createSigner, createVerifier, newPrivateKey } from '../../runtime/signing.js';
import { grantLaw } from '../../server/grant-law.js';
import { listEffects } from '../../store/effect-views.js';
import { registerDesk } from '../support/agents.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { createGrantDesk } from '../support/grant-desk.js';
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
} from '../support/granted-run.js';
import { publicKeyOf } from '../support/signing-keys.js';
import { approver } from '../support/votes.js';

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

describe('a call that a grant covers', () => {
  it('is allowed and cites it: in its plan, its event, its row and the uses of the grant', async () => {
    const { id, plan } = await desk.granted(2);
    const run = await plan();
    expect(run.planned).toMatchObject({ verdict: 'allow', approval: null });
    expect(await desk.callOf(run)).toMatchObject({
      verdict: 'allow',
      grantId: id,
      rule: 'refund-medium',
      reason: expect.stringContaining(`The standing grant ${id} allows it.`) as unknown,
    });
    expect(await desk.eventsOf(run, 'call-planned', 'grant-used')).toMatchObject([
      { data: { verdict: 'allow', grantId: id } },
      { data: { callId: run.callId, grantId: id, used: 1, uses: 2 } },
    ]);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'started' });
    const [effect] = (await listEffects(test.database, run.address)) ?? [];
    expect(await desk.usesOf(id)).toMatchObject([
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
    const { id, plan } = await desk.granted(1);
    await plan();
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'used-up', used: 1 });
    expect((await plan()).planned).toMatchObject({ verdict: 'ask' });
    expect(await desk.usedOf(id)).toBe(1);
  });

  it('is asked about beyond its condition, and nothing is reserved', async () => {
    const { agent, id } = await desk.granted(5, 'args.amountCents <= 6000');
    const run = await plannedRun(test.database, { agent, amountCents: 6_001 });
    expect(run.planned.verdict).toBe('ask');
    expect(await desk.usedOf(id)).toBe(0);
  });

  it('takes a use of the grant that expires first, and then of the next', async () => {
    const agent = await desk.ownDesk();
    const later = await propose(test.database, { agent, expiresInMs: 90_000 });
    const sooner = await propose(test.database, { agent, expiresInMs: 60_000 });
    await plannedRun(test.database, { agent });
    expect([await desk.usedOf(sooner.id), await desk.usedOf(later.id)]).toEqual([1, 0]);
    await plannedRun(test.database, { agent });
    expect([await desk.usedOf(sooner.id), await desk.usedOf(later.id)]).toEqual([1, 1]);
  });

  it('is asked about the third time in a row, although its grant has uses', async () => {
    const { agent, id } = await desk.granted(9);
    const runId = await openedRun(test.database, { agent });
    const verdicts: string[] = [];
    for (const turn of [1, 2, 3]) {
      const { planned } = await planRefund(test.database, runId, { agent }, turn);
      verdicts.push(planned.verdict);
    }
    expect(verdicts).toEqual(['allow', 'allow', 'ask']);
    expect(await desk.usedOf(id)).toBe(2);
  });

  it('is asked about in a run that has read what strangers wrote, now and at its start', async () => {
    const { agent, id, plan } = await desk.granted(9);
    const taint = (runId: string) =>
      owner.query('UPDATE run SET tainted_at = clock_timestamp() WHERE id = $1', [runId]);
    const runId = await openedRun(test.database, { agent });
    await taint(runId);
    const { planned } = await planRefund(test.database, runId, { agent });
    expect(planned.verdict).toBe('ask');
    const run = await plan();
    await taint(run.runId);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    expect(await desk.usedOf(id)).toBe(0);
  });

  it('keeps its leave although its agent gets a new version, whose same rule it covers too', async () => {
    const { agent, plan } = await desk.granted(2);
    const before = await plan();
    await registerDesk(test.database, agent, ({ instructions }) => ({
      instructions: `${instructions}\nNew.`,
    }));
    expect(await attempt(test.database, before)).toMatchObject({ kind: 'started' });
    expect((await plan()).planned.verdict).toBe('allow');
  });

  it('is asked about by a rule that was edited', async () => {
    const { agent, plan } = await desk.granted(2);
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
    const agent = await desk.ownDesk();
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
    const agent = await desk.ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    const dora = voteFor(test.database, id, 'dora', approver('dora', ['sales']));
    await expect(dora).rejects.toMatchObject({ code: 'forbidden' });
    await expect(voteFor(test.database, id, 'ana')).rejects.toMatchObject({
      code: 'already-voted',
    });
    expect(await grantOf(test.database, id)).toMatchObject({ status: 'proposed' });
  });

  it('of who asked for the run do not count for it', async () => {
    const agent = await desk.ownDesk();
    const { id } = await propose(test.database, { agent, ...large });
    await voteFor(test.database, id, 'ben');
    const own = { agent, amountCents: 60_000, requestedBy: 'ana' };
    expect((await plannedRun(test.database, own)).planned.verdict).toBe('ask');
    expect(await desk.usedOf(id)).toBe(0);
    const others = await plannedRun(test.database, { ...own, requestedBy: 'otto' });
    expect(others.planned.verdict).toBe('allow');
  });

  it('of one who lost the label in between count no more: people are asked', async () => {
    const agent = await desk.ownDesk();
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
    const agent = await desk.ownDesk();
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
    const { id, plan } = await desk.granted(3);
    const run = await plan();
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'needs-approval' });
    expect(await desk.usedOf(id)).toBe(0);
    expect(await desk.eventsOf(run, 'grant-freed')).toHaveLength(1);
    const [asked] = await desk.eventsOf(run, 'approval-requested');
    expect(asked?.data).toMatchObject({
      reason: expect.stringContaining(`${id} does not hold for it: it was revoked`) as unknown,
    });
    expect(await desk.callOf(run)).toMatchObject({ verdict: 'ask', grantId: null });
    expect((await plan()).planned.verdict).toBe('ask');
  });

  it('a revocation that is being committed is waited for, and holds', async () => {
    const { id, plan } = await desk.granted();
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
    const agent = await desk.ownDesk();
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
    const { id, plan } = await desk.granted();
    const run = await plan();
    await attempt(test.database, run);
    await revoke(test.database, id);
    expect(await attempt(test.database, run)).toMatchObject({ kind: 'started', fence: 2 });
    expect(await desk.usedOf(id)).toBe(1);
  });
});
