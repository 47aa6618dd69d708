/** Previews under the run's lock: what is kept, when a question can be decided, what a yes rests on (P4). */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApprovalId } from '../../contracts/ids.js';
import { BelayError } from '../../runtime/belay-error.js';
import { findApproval } from '../../store/approval-views.js';
import { settleApproval } from '../../store/call-settlement.js';
import { startCall } from '../../store/call-start.js';
import { listCalls } from '../../store/calls.js';
import { listEffects } from '../../store/effect-views.js';
import { readEvents } from '../../store/events.js';
import type { SeenAgain } from '../../store/preconditions.js';
import { loadUnpreviewed, recordPreview, type Foreseen } from '../../store/previews.js';
import type { AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { askToPreview, foreseenAt, previewInRun, waitInVain } from '../support/previewed-run.js';
import { terms } from '../support/terms.js';
import { vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const addressOf = ({ runId }: AskedRun) => ({ tenantId: 'default', runId });
const view = async (id: ApprovalId) => {
  const approval = await findApproval(test.database, 'default', id);
  if (approval === null) throw new Error('The question is gone');
  return approval;
};
const record = (asked: AskedRun, foreseen: Foreseen | null) =>
  recordPreview(test.database, addressOf(asked), asked.approvalId, foreseen);
const toldOf = async (asked: AskedRun) =>
  ((await readEvents(test.database, addressOf(asked), 0, 100)) ?? []).map(({ type }) => type);
const decide = async (
  approvalId: ApprovalId,
  decision: 'approve' | 'reject' | 'edit',
  by = 'ana',
) => {
  const { argsDigest, args } = await view(approvalId);
  // More than one of finance may allow: the question stays.
  const changed = { ...(args as object), amountCents: 60_000 };
  const edited = decision === 'edit' ? { args: changed } : {};
  try {
    await vote(test.database, approvalId, by, decision, { argsDigest, ...edited });
    return 'taken';
  } catch (error) {
    if (error instanceof BelayError) return error.code;
    throw error;
  }
};
const start = ({ runId, callId }: AskedRun, seen: SeenAgain | null = null) =>
  startCall(test.database, { tenantId: 'default', runId }, callId, terms, seen);
const seenAt = (approvalId: ApprovalId, refundedCents: number): SeenAgain => ({
  ...foreseenAt(refundedCents),
  approvalId,
});
const effectsOf = async (asked: AskedRun) => listEffects(test.database, addressOf(asked));

describe('a question whose preview is looked up', () => {
  it('takes no yes until it is there, and shows it from then on', async () => {
    const asked = await askToPreview(test.database);
    expect(await decide(asked.approvalId, 'approve')).toBe('preview-pending');
    expect(await decide(asked.approvalId, 'edit')).toBe('preview-pending');
    await record(asked, foreseenAt(0));
    const { preview } = await view(asked.approvalId);
    expect(preview).toEqual({ state: 'ready', now: foreseenAt(0).preview, earlier: null });
    expect(await decide(asked.approvalId, 'approve')).toBe('taken');
    expect(await toldOf(asked)).toContain('approval-previewed');
  });

  it('takes a no at any time, and keeps nothing that comes after it', async () => {
    const asked = await askToPreview(test.database);
    expect(await decide(asked.approvalId, 'reject')).toBe('taken');
    expect(await loadUnpreviewed(test.database, addressOf(asked), asked.approvalId)).toBeNull();
    await record(asked, foreseenAt(0));
    expect((await view(asked.approvalId)).preview).toMatchObject({ state: 'pending', now: null });
    expect(await toldOf(asked)).not.toContain('approval-previewed');
  });

  it('is decided without one where none could be had, and after half a minute anyway', async () => {
    const failed = await askToPreview(test.database);
    await record(failed, null);
    expect((await view(failed.approvalId)).preview).toMatchObject({ state: 'failed', now: null });
    expect(await decide(failed.approvalId, 'approve')).toBe('taken');
    const late = await askToPreview(test.database);
    await waitInVain(test.database, late);
    expect(await decide(late.approvalId, 'approve')).toBe('taken');
    for (const asked of [failed, late])
      expect(await start(asked)).toMatchObject({ kind: 'started' });
  });

  it('keeps the first one: what people saw stays what they saw', async () => {
    const asked = await previewInRun(test.database, foreseenAt(0));
    await record(asked, foreseenAt(500));
    await record(asked, null);
    expect((await view(asked.approvalId)).preview.now).toEqual(foreseenAt(0).preview);
    const told = (await toldOf(asked)).filter((type) => type === 'approval-previewed');
    expect(told).toHaveLength(1);
  });

  it('keeps none that was looked up for other arguments than people see', async () => {
    const asked = await askToPreview(test.database);
    await waitInVain(test.database, asked);
    expect(await decide(asked.approvalId, 'edit')).toBe('taken');
    await record(asked, foreseenAt(0));
    expect((await view(asked.approvalId)).preview).toMatchObject({ state: 'failed', now: null });
  });

  it('says of its preview that it is of the arguments before, once they are changed', async () => {
    const asked = await previewInRun(test.database);
    expect((await view(asked.approvalId)).preview).not.toHaveProperty('isOfEarlierArgs');
    expect(await decide(asked.approvalId, 'edit')).toBe('taken');
    expect((await view(asked.approvalId)).preview).toMatchObject({
      now: foreseenAt(0).preview,
      isOfEarlierArgs: true,
    });
  });

  it('is named again to a workflow that did not hear of it', async () => {
    const asked = await askToPreview(test.database);
    expect(await start(asked)).toMatchObject({
      kind: 'needs-approval',
      approval: { approvalId: asked.approvalId, previews: true },
    });
    await record(asked, foreseenAt(0));
    const again = await start(asked);
    expect(again).toMatchObject({ kind: 'needs-approval' });
    expect(again).not.toHaveProperty('approval.previews');
  });
});

describe('a yes that rests on facts', () => {
  const approved = async (foreseen?: Foreseen): Promise<AskedRun> => {
    const asked = await previewInRun(test.database, foreseen);
    expect(await decide(asked.approvalId, 'approve')).toBe('taken');
    return asked;
  };

  it('is carried out only once they were looked at for this attempt, and are the same', async () => {
    const asked = await approved();
    const { approvalId } = asked;
    expect(await start(asked)).toEqual({ kind: 'unchecked', approvalId });
    expect(await effectsOf(asked)).toEqual([]);
    expect(await start(asked, seenAt(approvalId, 0))).toMatchObject({ kind: 'started' });
  });

  it('is asked about anew where they have changed, with what is true now and what was before', async () => {
    const asked = await approved();
    const again = await start(asked, seenAt(asked.approvalId, 500));
    if (again.kind !== 'needs-approval') throw new Error(`It is ${again.kind}`);
    expect(again.approval).not.toHaveProperty('previews');
    expect(await effectsOf(asked)).toEqual([]);
    const { approvalId } = again.approval;
    const before = await view(asked.approvalId);
    const question = await view(approvalId);
    expect(question).toMatchObject({
      status: 'pending',
      args: before.args,
      preview: {
        state: 'ready',
        now: foreseenAt(500).preview,
        earlier: foreseenAt(0).preview,
      },
    });
    expect(question.reason).toContain('what it rests on has changed since');
    expect(await listCalls(test.database, addressOf(asked))).toMatchObject([{ state: 'asking' }]);
    expect((await toldOf(asked)).slice(-2)).toEqual(['approval-stale', 'approval-requested']);
    // What was seen for the question before says nothing of this one.
    expect(await decide(approvalId, 'approve')).toBe('taken');
    const unchecked = { kind: 'unchecked', approvalId };
    expect(await start(asked, seenAt(asked.approvalId, 500))).toEqual(unchecked);
    expect(await start(asked, seenAt(approvalId, 500))).toMatchObject({ kind: 'started' });
  });

  it('is not looked at again once it was sent: nobody knows then what it has changed itself', async () => {
    const asked = await approved();
    expect(await start(asked, seenAt(asked.approvalId, 0))).toMatchObject({ kind: 'started' });
    expect(await start(asked)).toMatchObject({ kind: 'started', attempt: 2 });
  });

  it('and on nothing that can change is carried out at once', async () => {
    expect(await start(await approved(foreseenAt(null)))).toMatchObject({ kind: 'started' });
  });

  it('is left to the timer of its question like any other', async () => {
    const asked = await approved();
    const { callId, approvalId } = asked;
    const settled = await settleApproval(test.database, addressOf(asked), callId, approvalId);
    expect(settled).toEqual({ kind: 'approved' });
    expect(await start(asked)).toEqual({ kind: 'unchecked', approvalId });
  });
});
