/** Votes under the run's lock: quorum, edits, escalation, and who was first (P4, P5). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Question } from '../../contracts/approval.js';
import type { Digest } from '../../contracts/ids.js';
import { ruleDefaults } from '../../policy/rules.js';
import { BelayError } from '../../runtime/belay-error.js';
import { digestOf } from '../../runtime/digest.js';
import { createSigner, newPrivateKey } from '../../runtime/signing.js';
import { decisionLaw } from '../../server/decision-law.js';
import { findApproval } from '../../store/approval-views.js';
import { listCalls } from '../../store/calls.js';
import type { NewDecision } from '../../store/judging.js';
import { askInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { approver, vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

/** The call of every question here: order 42, 180.00 EUR. */
const asked = { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' };
const digest = digestOf(asked);
const twoOfFinance: Partial<Question> = {
  ...ruleDefaults,
  approvers: ['finance'],
  quorum: 2,
};

const ask = async (question: Partial<Question> = twoOfFinance): Promise<AskedRun> =>
  askInRun(test.database, await queueRun(test.database), question);
const cast = (
  { approvalId }: AskedRun,
  by: string,
  decision: 'approve' | 'edit' | 'reject' | 'respond',
  changes: Partial<NewDecision> = {},
) =>
  vote(test.database, approvalId, by, decision, {
    argsDigest: decision === 'approve' || decision === 'edit' ? digest : null,
    ...changes,
  });
const refusalOf = async (deciding: Promise<unknown>) => {
  try {
    await deciding;
  } catch (error) {
    if (error instanceof BelayError) return { code: error.code, detail: error.message };
    throw error;
  }
  return { code: 'none', detail: '' };
};
const read = async ({ approvalId }: AskedRun) => {
  const approval = await findApproval(test.database, 'default', approvalId);
  if (approval === null) throw new Error('The question is gone');
  return approval;
};
const signalsOf = async ({ runId, approvalId }: AskedRun) => {
  const { rows } = await test.database.pool.query<{ verdict: string; isDue: boolean }>(
    `SELECT payload->>'verdict' AS verdict, next_at <= clock_timestamp() AS "isDue"
     FROM outbox WHERE run_id = $1 AND subject = $2`,
    [runId, approvalId],
  );
  return rows;
};
const cheaper = { ...asked, amountCents: 10_000 };

describe('a vote', () => {
  it('below the quorum decides nothing and sends nothing; the one that completes it does', async () => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    expect(await read(question)).toMatchObject({ status: 'pending', counted: 1, quorum: 2 });
    expect(await signalsOf(question)).toEqual([]);
    await cast(question, 'ben', 'approve');
    expect(await read(question)).toMatchObject({ status: 'approved', counted: 2 });
    expect(await signalsOf(question)).toEqual([{ verdict: 'approved', isDue: true }]);
  });

  it('a second time on the same arguments is refused', async () => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    expect(await refusalOf(cast(question, 'ana', 'approve'))).toMatchObject({
      code: 'already-voted',
    });
    expect(await read(question)).toMatchObject({ status: 'pending', counted: 1 });
  });

  it.each(['reject', 'respond'] as const)('for it can still become a %s', async (decision) => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    await cast(question, 'ana', decision, { message: 'On second thoughts: no.' });
    const { status, decisions } = await read(question);
    expect(status).toBe(decision === 'reject' ? 'rejected' : 'responded');
    expect(decisions.map((each) => each.decision)).toEqual(['approve', decision]);
  });

  it('of one who may not decide any more is not counted when the next one comes', async () => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    const { pool } = test.database;
    await pool.query(`UPDATE principal SET labels = '{}' WHERE id = 'ana'`);
    try {
      await cast(question, 'ben', 'approve');
      expect(await read(question)).toMatchObject({ status: 'pending' });
      await cast(question, 'cleo', 'approve');
      expect(await read(question)).toMatchObject({ status: 'approved' });
    } finally {
      await pool.query(`UPDATE principal SET labels = '{finance}' WHERE id = 'ana'`);
    }
  });

  it('of a person who was revoked is void when the next one is counted', async () => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    const { pool } = test.database;
    await pool.query(`UPDATE principal SET revoked_at = clock_timestamp() WHERE id = 'ana'`);
    try {
      await cast(question, 'ben', 'approve');
      expect(await read(question)).toMatchObject({ status: 'pending' });
    } finally {
      await pool.query(`UPDATE principal SET revoked_at = NULL WHERE id = 'ana'`);
    }
  });

  it('of no is final at once, whatever was counted, and so is an answer', async () => {
    const rejected = await ask();
    await cast(rejected, 'ana', 'approve');
    await cast(rejected, 'ana', 'reject', { message: 'I looked again' }).catch(() => undefined);
    await cast(rejected, 'ben', 'reject', { message: 'no' }).catch(() => undefined);
    expect(await read(rejected)).toMatchObject({ status: 'rejected' });
    const answered = await ask();
    await cast(answered, 'ben', 'respond', { message: 'Offer a voucher instead' });
    expect(await read(answered)).toMatchObject({ status: 'responded' });
    expect(await signalsOf(answered)).toEqual([{ verdict: 'responded', isDue: true }]);
  });

  it('is signed: what it says is what its gateway signed', async () => {
    const question = await ask();
    await cast(question, 'ana', 'approve');
    const { rows } = await test.database.pool.query<{ signature: string; keyId: string }>(
      'SELECT signature, key_id AS "keyId" FROM decision WHERE approval_id = $1',
      [question.approvalId],
    );
    expect(rows).toEqual([
      {
        signature: expect.stringMatching(/^[\w-]{86}$/) as unknown,
        keyId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      },
    ]);
  });
});

describe('an edit', () => {
  it('voids the votes before it, counts as its author’s, and the next completes it', async () => {
    const question = await ask();
    const larger = { ...asked, amountCents: 60_000 };
    await cast(question, 'ana', 'approve');
    await cast(question, 'ben', 'edit', { args: larger });
    const after = await read(question);
    expect(after).toMatchObject({
      status: 'pending',
      args: larger,
      originalArgs: asked,
      argsDigest: digestOf(larger),
      rule: 'refund-large',
      quorum: 2,
      counted: 1,
      round: 2,
    });
    expect(after.decisions).toMatchObject([
      { by: 'ana', decision: 'approve', void: true },
      { by: 'ben', decision: 'edit', args: larger },
    ]);
    // Ana decides on what stands there now, or not at all.
    expect(await refusalOf(cast(question, 'ana', 'approve'))).toMatchObject({
      code: 'args-changed',
    });
    await cast(question, 'cleo', 'approve', { argsDigest: digestOf(larger) });
    expect(await read(question)).toMatchObject({ status: 'approved', counted: 2 });
    const [call] = (await listCalls(test.database, { tenantId: 'default', ...question })) ?? [];
    expect(call).toMatchObject({ args: larger, argsDigest: digestOf(larger) });
  });

  it('to what needs nobody’s consent takes one person, who may be its author', async () => {
    const question = await ask();
    const small = { ...asked, amountCents: 4_000 };
    await cast(question, 'ben', 'edit', { args: small });
    expect(await read(question)).toMatchObject({ status: 'approved', rule: 'refund-small' });
  });

  it('to what its author may not decide is refused', async () => {
    const question = await ask({ approvers: [], quorum: 1 });
    const larger = { ...asked, amountCents: 60_000 };
    const dora = { principal: approver('dora', ['sales']), args: larger };
    expect(await refusalOf(cast(question, 'dora', 'edit', dora))).toMatchObject({
      code: 'forbidden',
      detail: 'For these arguments: This question is for finance.',
    });
    expect(await read(question)).toMatchObject({ status: 'pending', args: asked, round: 1 });
  });

  it('to what its tool does not take is refused, and the question stands', async () => {
    const question = await ask();
    const wrong = { ...asked, amountCents: -5 };
    expect(await refusalOf(cast(question, 'ben', 'edit', { args: wrong }))).toMatchObject({
      code: 'edit-refused',
      detail: expect.stringContaining('amountCents') as unknown,
    });
    expect(await read(question)).toMatchObject({ status: 'pending', args: asked });
  });

  it('to what the policy denies is refused, and the question stands', async () => {
    const question = await ask();
    const law = lawThatDenies();
    const edited = cast(question, 'ben', 'edit', { args: cheaper, law });
    expect(await refusalOf(edited)).toEqual({
      code: 'edit-refused',
      detail: 'Never so little.',
    });
    expect(await read(question)).toMatchObject({ status: 'pending', args: asked });
  });

  it('that changes nothing is refused', async () => {
    const question = await ask();
    const same = { reason: 'broken', currency: 'EUR', amountCents: 18_000, orderId: '42' };
    expect(await refusalOf(cast(question, 'ben', 'edit', { args: same }))).toMatchObject({
      code: 'edit-refused',
    });
  });

  it('never makes the question live longer', async () => {
    const question = await ask({ ...twoOfFinance, expiresInMs: 1_000 });
    await cast(question, 'ben', 'edit', { args: { ...asked, amountCents: 60_000 } });
    expect((await read(question)).expiresAt).toBe(question.expiresAt);
  });

  it('and an approval at once: one comes first, and nobody approves what they did not see', async () => {
    const question = await ask({ ...twoOfFinance, quorum: 1 });
    const outcomes = await Promise.all([
      refusalOf(cast(question, 'ana', 'approve')),
      refusalOf(cast(question, 'ben', 'edit', { args: { ...asked, amountCents: 60_000 } })),
    ]);
    const { status, args, decisions } = await read(question);
    const approvedFirst = outcomes[0]?.code === 'none';
    expect(status).toBe(approvedFirst ? 'approved' : 'pending');
    if (approvedFirst) expect(args).toEqual(asked);
    else expect(outcomes[0]?.code).toBe('args-changed');
    expect(decisions.filter((each) => each.void !== true)).toHaveLength(1);
  });
});

describe('an escalation', () => {
  const chain: Partial<Question> = {
    ...twoOfFinance,
    onExpiry: 'escalate',
    expiresInMs: 60_000,
    escalation: [{ afterMs: 60_000, approvers: ['lead'], quorum: 1 }],
  };
  const later = (question: AskedRun, seconds: number) =>
    test.database.pool.query(
      `UPDATE approval SET requested_at = requested_at - $2 * interval '1 second',
         expires_at = expires_at - $2 * interval '1 second' WHERE id = $1`,
      [question.approvalId, seconds],
    );

  it('holds at the decision, whether or not anybody has told of it', async () => {
    const question = await ask(chain);
    await later(question, 61);
    expect(await refusalOf(cast(question, 'ana', 'approve'))).toMatchObject({ code: 'forbidden' });
    const lead = { principal: approver('dora', ['lead']) };
    await cast(question, 'dora', 'approve', lead);
    expect(await read(question)).toMatchObject({ status: 'approved', level: 1, quorum: 1 });
  });

  it('has an end: after its last level the question expires', async () => {
    const question = await ask(chain);
    await later(question, 121);
    const lead = { principal: approver('dora', ['lead']) };
    expect(await refusalOf(cast(question, 'dora', 'approve', lead))).toMatchObject({
      code: 'approval-expired',
    });
    expect(await read(question)).toMatchObject({ status: 'expired' });
  });
});

function lawThatDenies(): NewDecision['law'] {
  const judgement = {
    ...ruleDefaults,
    verdict: 'deny' as const,
    rule: 'never',
    ruleDigest: '' as Digest,
    reason: 'Never so little.',
  };
  return { ...decisionLaw(createSigner(newPrivateKey())), judge: () => ({ judgement }) };
}
