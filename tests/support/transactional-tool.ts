/** What a transactional tool owes, on a real ledger; each one's test calls this once. */
import { describe, expect, test } from '@jest/globals';
import type { ToolOutcome, TransactionalTool, TransactionSql } from '../../activities/tool.js';
import { learnedOf } from '../../activities/learned.js';
import { toolResultBytes } from '../../contracts/limits.js';
import { retryPolicies } from '../../contracts/retry-policies.js';
import { invariant } from '../../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { listEffects } from '../../store/effect-views.js';
import { startCall } from '../../store/call-start.js';
import { transactionalEffect } from '../../store/transactional-effect.js';
import { planInRun } from './asked-run.js';
import type { TestDatabase } from './database.js';
import { queueRun } from './queued-run.js';
import { terms } from './terms.js';
import { describeFacts } from './tool-conformance.js';
import { describePreview } from './tool-previews.js';

export interface TransactionalSubject<Args> {
  readonly tool: () => TransactionalTool<Args>;
  /** The tool whose preview can ask nobody. */
  readonly orphan: () => TransactionalTool<Args>;
  /** Arguments with which it changes something. */
  readonly args: Args;
  /** Values of `args` that must not be seen in a summary. */
  readonly secrets: readonly string[];
  /** Arguments that it refuses. */
  readonly refused: Args;
  readonly database: () => TestDatabase;
  /** Other arguments about the same thing. */
  readonly alike: Args;
  /** What there is now of the thing that the arguments are about. */
  stateOf(args: Args): Promise<unknown>;
}

/** Declares the tests. */
export function describeTransactionalTool<Args>(
  name: string,
  subject: TransactionalSubject<Args>,
): void {
  describe(`${name} keeps the promises of every transactional tool`, () => {
    describeFacts(name, subject);
    describePreview(subject);
    const { args, refused, stateOf } = subject;
    const dispatched = (given: Args) => dispatch(subject.database(), subject.tool(), given);

    test('changes nothing where it refuses, where it is overtaken, and where it is cut off', async () => {
      const [before, beforeRefused] = [await stateOf(args), await stateOf(refused)];
      const refusal = await dispatched(refused);
      expect(await refusal.carryOut()).toEqual({ kind: 'finished' });
      expect(await refusal.state()).toBe('failed');
      expect(await stateOf(refused)).toEqual(beforeRefused);

      const late = await dispatched(args);
      const thinksBetter = async (): Promise<ToolOutcome> => ({ kind: 'refused', message: 'no' });
      expect(await late.carryOut({ afterwards: thinksBetter })).toEqual({ kind: 'finished' });
      expect(await late.state()).toBe('failed');
      expect(await stateOf(args)).toEqual(before);

      const effect = await dispatched(args);
      expect(await effect.carryOut({ fence: 99 })).toEqual({ kind: 'superseded' });
      const dies = effect.carryOut({ afterwards: () => Promise.reject(new Error('killed')) });
      await expect(dies).rejects.toThrow('killed');
      expect(await effect.state()).toBe('dispatched');
      expect(await stateOf(args)).toEqual(before);
    });

    test('claims nothing where its statement fails', async () => {
      const failing = () => Promise.reject(new Error('no such table'));
      await expect(subject.tool().runInTransaction(args, failing)).rejects.toThrow('no such table');
    });

    test('is done together with our record of it, once', async () => {
      const before = await stateOf(args);
      const effect = await dispatched(args);
      expect(await effect.carryOut()).toEqual({ kind: 'finished' });
      expect(await effect.state()).toBe('confirmed');
      const after = await stateOf(args);
      expect(after).not.toEqual(before);
      expect(await effect.carryOut()).toEqual({ kind: 'finished' });
      expect(await stateOf(args)).toEqual(after);
    });

    test('gives a result that is JSON and small enough to be read', async () => {
      const outcome = await sqlOf(subject.database(), (sql) =>
        subject.tool().runInTransaction(args, sql),
      );
      if (outcome.kind !== 'done') throw new Error(`It ended as ${JSON.stringify(outcome)}`);
      const text = JSON.stringify(outcome.result);
      expect(JSON.parse(text)).toEqual(outcome.result);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(toolResultBytes);
    });
  });
}

/** What comes between the tool's work and the commit: nothing, or another outcome. */
const nothing = async (): Promise<ToolOutcome | null> => null;

/** A dispatched call of the tool, in a run of its own. */
async function dispatch<Args>(
  { database }: TestDatabase,
  tool: TransactionalTool<Args>,
  args: Args,
) {
  const runId = await queueRun(database);
  const address = { tenantId: 'default', runId };
  const { callId } = await planInRun(database, runId, {
    tool: tool.name,
    args: canonicalJson(args),
    argsDigest: digestOf(args),
    effect: tool.effect,
    retryPolicy: tool.retryPolicy,
    verdict: 'allow',
  });
  const start = await startCall(database, address, callId, { ...terms, verdict: 'allow' });
  invariant(start.kind === 'started' && start.fence !== null, 'an allowed effect starts');
  const policy = retryPolicies[tool.retryPolicy];
  const { fence: given } = start;
  return {
    state: async () => (await listEffects(database, address))?.[0]?.state,
    carryOut: ({ fence = given, afterwards = nothing } = {}) =>
      transactionalEffect(database, address, callId, fence, async (sql) => {
        const outcome = await tool.runInTransaction(args, sql);
        const said = (await afterwards()) ?? outcome;
        return learnedOf(said, { policy, attempt: 1, keptUnder: callId, taints: false });
      }),
  };
}

/** Runs the work in a transaction, which is committed where it is done. */
export async function sqlOf(
  { database }: TestDatabase,
  work: (sql: TransactionSql) => Promise<ToolOutcome>,
): Promise<ToolOutcome> {
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    const outcome = await work(
      async (text, values) => (await client.query(text, [...values])).rows,
    );
    await client.query(outcome.kind === 'done' ? 'COMMIT' : 'ROLLBACK');
    return outcome;
  } finally {
    client.release();
  }
}
