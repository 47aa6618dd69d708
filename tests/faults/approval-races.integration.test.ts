/** Everybody at one question at once: one outcome, no execution without authority, and the run says who was first. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { attemptTerms } from '../../activities/attempt-terms.js';
import { judge } from '../../activities/judge.js';
import { BelayError, invariant } from '../../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { findCurrentVersion, findVersion } from '../../store/agents.js';
import { findApproval } from '../../store/approval-views.js';
import { settleApproval } from '../../store/call-settlement.js';
import { startCall, type Start } from '../../store/call-start.js';
import { loadCall } from '../../store/calls.js';
import { readEvents } from '../../store/events.js';
import { requestCancel } from '../../store/run-lifecycle.js';
import { setSwitch } from '../../store/switch-changes.js';
import { planInRun, type AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { queueRun } from '../support/queued-run.js';
import { testVerifier } from '../support/signing-keys.js';
import { approver, vote } from '../support/votes.js';
import { tell } from './figures.js';
import { cases } from './size.js';

jest.setTimeout(7_200_000);

const rounds = cases(12, 1_000);
const manyRounds = cases(2, 1_000);
const crowd = Array.from({ length: 50 }, (_, index) => `approver-${index}`);

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
  await test.database.pool.query(
    `INSERT INTO principal (tenant_id, id, roles, labels)
     SELECT 'default', id, '{approver}', '{finance}' FROM unnest($1::text[]) AS id`,
    [crowd],
  );
});
afterAll(() => test.close());

const medium = { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' };
/** Takes two of finance. */
const large = { ...medium, amountCents: 60_000 };
type Args = typeof medium;

interface Asked extends AskedRun {
  readonly args: Args;
}

/** A question as the rules of the refund desk put it. */
async function ask(args: Args): Promise<Asked> {
  const { database } = test;
  const version = await findCurrentVersion(database, 'default', 'refund-desk');
  invariant(version !== null, 'the refund desk is registered');
  const runId = await queueRun(database);
  const run = { runId, requestedBy: 'otto', turn: 1, spentMicrosUsd: 0, isTainted: false };
  const tool = { name: 'issue_refund', effect: 'keyed' } as const;
  const { judgement } = judge(version, { ...run, at: version.readAt }, tool, args);
  const { verdict: _verdict, ...question } = judgement;
  const planned = { args: canonicalJson(args), argsDigest: digestOf(args), question };
  const { callId, approval } = await planInRun(database, runId, planned);
  invariant(approval !== null, 'it asks');
  return { runId, callId, args, ...approval };
}

type Actor = (run: Asked) => Promise<unknown>;

/** One attempt of a worker, with the real check of authority. */
const start = async (run: Asked): Promise<Start> => {
  const { runId, callId, args } = run;
  const address = { tenantId: 'default', runId };
  const call = await loadCall(test.database, address, callId);
  invariant(call !== null, 'an asked call has a row');
  const version = await findVersion(test.database, 'default', call.agent, call.agentVersion);
  const spec = version?.spec.tools.find(({ name }) => name === call.tool);
  invariant(version !== null && spec !== undefined, 'its version has the tool');
  const history = {
    argsDigest: digestOf(args),
    agentVersion: version.digest,
    requestedBy: 'otto',
  };
  const terms = attemptTerms(testVerifier(), { runId, call, history, version, spec });
  const started = await startCall(test.database, address, callId, terms);
  return started.kind === 'moved' ? start(run) : started;
};
const other = (args: Args): Args => (args === medium ? large : medium);
const approve =
  (by: string): Actor =>
  ({ approvalId, args }) =>
    vote(test.database, approvalId, by, 'approve', { argsDigest: digestOf(args) });
const actors = {
  'ana approves': approve('ana'),
  'ben approves': approve('ben'),
  'cleo approves': approve('cleo'),
  'ana approves what was edited': ({ approvalId, args }) =>
    vote(test.database, approvalId, 'ana', 'approve', { argsDigest: digestOf(other(args)) }),
  'ben edits': ({ approvalId, args }) =>
    vote(test.database, approvalId, 'ben', 'edit', {
      argsDigest: digestOf(args),
      args: other(args),
    }),
  'cleo rejects': ({ approvalId }) => vote(test.database, approvalId, 'cleo', 'reject'),
  'ana answers': ({ approvalId }) =>
    vote(test.database, approvalId, 'ana', 'respond', { message: 'A voucher' }),
  'the question expires': async ({ runId, callId, approvalId }) => {
    await test.database.pool.query(
      `UPDATE approval SET expires_at = clock_timestamp() WHERE id = $1 AND status = 'pending'`,
      [approvalId],
    );
    return settleApproval(test.database, { tenantId: 'default', runId }, callId, approvalId);
  },
  'otto cancels': ({ runId }) =>
    requestCancel(
      test.database,
      { tenantId: 'default', runId },
      { by: 'otto', reason: null },
      null,
    ),
  'a worker starts it': start,
  'another worker starts it': start,
} as const satisfies Readonly<Record<string, Actor>>;

/** A documented refusal is an answer; everything else would reach a caller. */
async function answerOf(acting: Promise<unknown>): Promise<string> {
  try {
    await acting;
    return 'done';
  } catch (error) {
    if (error instanceof BelayError && error.code !== 'internal') return error.code;
    throw error;
  }
}

const closing = new Set(['approval-decided', 'approval-expired', 'approval-cancelled']);

/** What must hold of a run whatever happened, and in whatever order. */
async function expectOneStory(run: AskedRun): Promise<void> {
  const address = { tenantId: 'default', runId: run.runId };
  const events = (await readEvents(test.database, address, 0, 1_000)) ?? [];
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const of = (type: string) => events.filter((event) => event.type === type);
  const closings = events.filter(
    ({ type, data }) =>
      closing.has(type) && (data as { approvalId?: string }).approvalId === run.approvalId,
  );
  const approval = await findApproval(test.database, 'default', run.approvalId);
  expect(closings).toHaveLength(approval?.status === 'pending' ? 0 : 1);
  expect(of('tampering-found')).toEqual([]);
  const [dispatched, ...again] = of('effect-dispatched');
  if (dispatched === undefined) return;
  // A worker that took over sends the same under the same key.
  for (const { data } of again) {
    expect({ ...(data as object), fence: 1 }).toEqual(dispatched.data);
  }
  expect(approval?.status).toBe('approved');
  const [cancelled] = of('cancel-requested');
  expect(closings[0]!.seq).toBeLessThan(dispatched.seq);
  if (cancelled !== undefined) expect(dispatched.seq).toBeLessThan(cancelled.seq);
  const { argsDigest } = dispatched.data as { argsDigest: string };
  const yes = approval!.decisions.filter(
    ({ decision, void: isVoid }) =>
      isVoid !== true && (decision === 'approve' || decision === 'edit'),
  );
  expect(argsDigest).toBe(approval!.argsDigest);
  expect(yes.length).toBeGreaterThanOrEqual(approval!.quorum);
}

const settleDown: Actor = (run) => answerOf(start(run));

describe('one question, and everybody at once', () => {
  it('has one outcome, whoever comes, and nothing is sent without its authority', async () => {
    const names = fc.shuffledSubarray(Object.keys(actors) as (keyof typeof actors)[], {
      minLength: 2,
    });
    const amounts = fc.constantFrom(medium, large);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(names, amounts, async (together, args) => {
        runs += 1;
        const run = await ask(args);
        const answers = await Promise.all(together.map((name) => answerOf(actors[name](run))));
        expect(answers).not.toContain('internal');
        // Whoever comes last: what was approved is carried out, what was not is not.
        await settleDown(run);
        await expectOneStory(run);
      }),
      { numRuns: rounds, interruptAfterTimeLimit: 3_600_000 },
    );
    tell({
      scenario: 'approvals: everybody at once',
      seed: 0,
      cases: runs,
      runs,
      lost: 0,
      duplicated: 0,
      note: 'approve, edit, reject, answer, expiry, cancel, two workers',
    });
  });

  it('is decided once by fifty people, and each of them learns by whom', async () => {
    for (let round = 0; round < manyRounds; round += 1) {
      const run = await ask(medium);
      const answers = await Promise.all(
        crowd.map((by, index) =>
          answerOf(
            index % 2 === 0
              ? approve(by)(run)
              : vote(test.database, run.approvalId, by, 'reject', {
                  principal: approver(by),
                }),
          ),
        ),
      );
      expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'approval-decided')).toHaveLength(49);
      await expectOneStory(run);
    }
  });

  it('approved while a switch is thrown: sent before the switch, or held by it', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const run = await ask(medium);
      await approve('ana')(run);
      const reason = 'a race';
      const [started] = await Promise.all([
        start(run),
        setSwitch(
          test.database,
          { tenantId: 'default', scope: 'tool', name: 'issue_refund', reason, by: 'otto' },
          null,
          () => ({ status: 201, body: '{}' }),
        ),
      ]);
      expect(['started', 'held']).toContain(started.kind);
      // From here on nothing starts, whatever was on its way.
      const late = await ask(medium);
      await approve('ana')(late);
      expect(await start(late)).toMatchObject({ kind: 'held' });
      await test.database.pool.query(
        `UPDATE kill_switch SET lifted_at = clock_timestamp(), lifted_by = 'otto' WHERE lifted_at IS NULL`,
      );
      await expectOneStory(run);
    }
  });
});
