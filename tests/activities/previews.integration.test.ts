/** A tool is asked what a call will do: before people decide, and right before it is sent (P4). */
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPreviewCall } from '../../activities/preview-call.js';
import { createRunTool } from '../../activities/run-tool.js';
import { createStripe } from '../../activities/tools/clients.js';
import { createIssueRefund } from '../../activities/tools/issue-refund.js';
import type { CallPreview, KeyedTool, PreviewContext, Tool } from '../../activities/tool.js';
import { previewLimits } from '../../contracts/limits.js';
import { previewAttempts, retryPolicies } from '../../contracts/retry-policies.js';
import { passFreely } from '../../runtime/crash-points.js';
import { digestOf } from '../../runtime/digest.js';
import { createLog } from '../../runtime/log.js';
import { findApproval } from '../../store/approval-views.js';
import { listCalls } from '../../store/calls.js';
import { listEffects } from '../../store/effect-views.js';
import { findRun } from '../../store/runs.js';
import { asActivity } from '../support/activity.js';
import type { AskedRun } from '../support/asked-run.js';
import { openTestDatabase, type TestDatabase } from '../support/database.js';
import { demoShop } from '../support/demo-shop.js';
import { askToPreview, foreseenAt, previewInRun } from '../support/previewed-run.js';
import { testVerifier } from '../support/signing-keys.js';
import { vote } from '../support/votes.js';

let test: TestDatabase;
beforeAll(async () => {
  test = await openTestDatabase();
});
afterAll(() => test.close());

const quiet = {
  ...createLog({ service: 'test', level: 'error', format: 'json' }),
  warn: () => undefined,
};
const stripe = createStripe({ apiKey: 'sk_test_x', baseUrl: 'http://127.0.0.1:9' });
const refund = createIssueRefund({ stripe, shop: demoShop }) as KeyedTool;
const depsOf = (tools: readonly Tool[]) => ({
  database: test.database,
  model: { complete: () => Promise.reject(new Error('No model here')) },
  tools,
  log: quiet,
  passPoint: passFreely,
  verifier: testVerifier(),
});
const addressOf = ({ runId }: AskedRun) => ({ tenantId: 'default', runId });
const previewOf = async ({ approvalId }: AskedRun) =>
  (await findApproval(test.database, 'default', approvalId))?.preview;
/** What the tool says where so much was refunded. */
const saying = (refundedCents: number): CallPreview => ({
  preview: foreseenAt(refundedCents).preview,
  precondition: { refundedCents },
});
type Preview = (args: unknown, context: PreviewContext) => Promise<CallPreview>;

describe('looking up what a call will do', () => {
  const look = (asked: AskedRun, preview: Preview, attempt = 1, signal?: AbortSignal) => {
    const activity = createPreviewCall(depsOf([{ ...refund, preview }]));
    return asActivity({ attempt, ...(signal && { signal }) }, () => activity(asked));
  };
  const away: Preview = () => Promise.reject(new Error('Nobody there'));

  it('keeps what the tool says of the arguments that people see', async () => {
    const asked = await askToPreview(test.database);
    const seen: unknown[] = [];
    await look(asked, async (args) => {
      seen.push(args);
      return saying(0);
    });
    expect(seen).toMatchObject([{ orderId: '42', amountCents: 18_000 }]);
    expect(await previewOf(asked)).toMatchObject({ state: 'ready', now: saying(0).preview });
    const { rows } = await test.database.pool.query<{ digest: string }>(
      'SELECT precondition_digest AS digest FROM approval WHERE id = $1',
      [asked.approvalId],
    );
    expect(rows).toEqual([{ digest: digestOf({ refundedCents: 0 }) }]);
  });

  it('is tried again where it fails, and ends as failed the last time', async () => {
    const asked = await askToPreview(test.database);
    for (let attempt = 1; attempt < previewAttempts; attempt += 1) {
      const failing = look(asked, away, attempt);
      await expect(failing).rejects.toMatchObject({
        type: 'tool-unreachable',
        nonRetryable: false,
      });
      expect(await previewOf(asked)).toMatchObject({ state: 'pending' });
    }
    await look(asked, away, previewAttempts);
    expect(await previewOf(asked)).toMatchObject({ state: 'failed', now: null });
  });

  it('ends as failed without asking a tool that has ended its process each time', async () => {
    const asked = await askToPreview(test.database);
    const deadly: Preview = () => {
      throw new Error('It would die here');
    };
    let times = 0;
    await look(
      asked,
      (args, context) => ((times += 1), deadly(args, context)),
      previewAttempts + 1,
    );
    expect(times).toBe(0);
    expect(await previewOf(asked)).toMatchObject({ state: 'failed' });
  });

  it('waits for no tool that never answers', async () => {
    const asked = await askToPreview(test.database);
    const never: Preview = () => new Promise<never>(() => undefined);
    const enoughMs = 2 * retryPolicies.preview.requestTimeoutMs;
    const looking = look(asked, never, previewAttempts).then(() => 'given up');
    expect(await Promise.race([looking, wait(enoughMs, 'waits', { ref: false })])).toBe('given up');
    expect(await previewOf(asked)).toMatchObject({ state: 'failed' });
  });

  it('ends as failed at once where the tool is gone', async () => {
    const asked = await askToPreview(test.database);
    await asActivity({}, () => createPreviewCall(depsOf([]))(asked));
    expect(await previewOf(asked)).toMatchObject({ state: 'failed' });
  });

  it('asks nobody once the question is decided', async () => {
    const asked = await askToPreview(test.database);
    await vote(test.database, asked.approvalId, 'ana', 'reject');
    await look(asked, () => Promise.reject(new Error('It was asked')), previewAttempts);
    expect(await previewOf(asked)).toMatchObject({ state: 'pending' });
  });

  it('is given up where the run does not want it any more', async () => {
    const asked = await askToPreview(test.database);
    const giving = look(asked, away, 1, AbortSignal.abort());
    await expect(giving).rejects.toMatchObject({ name: 'CancelledFailure' });
  });

  it('cuts what is too long to be read', async () => {
    const asked = await askToPreview(test.database);
    const endless = 'a'.repeat(20_000);
    const change = { what: endless, before: null, after: endless };
    await look(asked, async () => ({
      preview: {
        ...saying(0).preview,
        sentence: endless,
        changes: Array.from({ length: 99 }, () => change),
      },
      precondition: null,
    }));
    const now = (await previewOf(asked))?.now;
    expect(now?.sentence).toHaveLength(previewLimits.sentence);
    expect(now?.changes).toHaveLength(previewLimits.changes);
    expect(now?.changes[0]?.after).toHaveLength(previewLimits.text);
  });
});

describe('a call whose yes rests on facts', () => {
  const approve = async (): Promise<AskedRun> => {
    const asked = await previewInRun(test.database, foreseenAt(0));
    await vote(test.database, asked.approvalId, 'ana', 'approve');
    return asked;
  };
  const effectsOf = (asked: AskedRun) => listEffects(test.database, addressOf(asked));
  /** Carries it out where the tool says this; counts what is sent. */
  const carryOut = async (asked: AskedRun, preview: Preview | undefined) => {
    let sent = 0;
    const { preview: _, ...mute } = refund;
    const tool: KeyedTool = {
      ...mute,
      ...(preview === undefined ? {} : { preview }),
      run: async () => {
        sent += 1;
        return { kind: 'done', result: {}, externalRef: 're_1' };
      },
    };
    const run = createRunTool(depsOf([tool as Tool]), tool as Tool);
    const result = await asActivity({}, () => run(asked)).catch((error: unknown) => error);
    return { result, sent };
  };

  it('is sent where they are as they were', async () => {
    const asked = await approve();
    expect(await carryOut(asked, async () => saying(0))).toEqual({
      result: { kind: 'finished' },
      sent: 1,
    });
  });

  it('is not sent where they are others: people are asked anew', async () => {
    const asked = await approve();
    const { result, sent } = await carryOut(asked, async () => saying(500));
    expect(sent).toBe(0);
    expect(result).toMatchObject({ kind: 'needs-approval' });
    expect(await effectsOf(asked)).toEqual([]);
  });

  it('is not sent where nobody can look at them now, waits in sight, and is sent later', async () => {
    const asked = await approve();
    const away: Preview = () => Promise.reject(new Error('Nobody there'));
    const { result, sent } = await carryOut(asked, away);
    expect(result).toMatchObject({ type: 'tool-unreachable', nonRetryable: false });
    expect(sent).toBe(0);
    expect(await effectsOf(asked)).toEqual([]);
    const run = await findRun(test.database, addressOf(asked));
    expect(run?.waitingFor).toMatchObject([{ kind: 'retry', who: 'issue_refund' }]);
    expect(await carryOut(asked, async () => saying(0))).toMatchObject({ sent: 1 });
  });

  it('is not made where its tool cannot look at them any more', async () => {
    const asked = await approve();
    expect(await carryOut(asked, undefined)).toEqual({ result: { kind: 'finished' }, sent: 0 });
    expect(await listCalls(test.database, addressOf(asked))).toMatchObject([{ outcome: 'failed' }]);
  });
});
