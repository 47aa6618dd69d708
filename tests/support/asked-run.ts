/** Runs that stand at a question, made by the store alone: no engine, no worker. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Question } from '../../contracts/approval.js';
import type { PlannedCall } from '../../contracts/activities.js';
import type { EffectClass } from '../../contracts/effect.js';
import type { ApprovalId, CallId, RunId } from '../../contracts/ids.js';
import { parseRules } from '../../policy/parse-rules.js';
import { ruleDefaults } from '../../policy/rules.js';
import { invariant } from '../../runtime/belay-error.js';
import { canonicalJson, digestOf } from '../../runtime/digest.js';
import { projectRoot } from '../../runtime/project-root.js';
import type { Database } from '../../store/database.js';
import { openRun } from '../../store/run-lifecycle.js';
import { commitTurn, type JudgedCall } from '../../store/turn-commit.js';
import type { Api } from './api.js';
import { vote } from './votes.js';
import { plainTurn } from './plain-turn.js';

export interface AskedRun {
  readonly runId: RunId;
  readonly callId: CallId;
  readonly approvalId: ApprovalId;
  readonly expiresAt: string;
}

const policyFile = path.join(projectRoot, 'agents/refund-desk/policy.yaml');
const refundMedium = parseRules(readFileSync(policyFile, 'utf8'), policyFile).find(
  ({ id }) => id === 'refund-medium',
);

/** A question that anyone with the role may answer within a minute. */
export const askedQuestion: Question = {
  rule: 'refund-medium',
  ruleDigest: digestOf(refundMedium),
  reason: 'Refunds above 50.00 EUR take a person.',
  ...ruleDefaults,
  requesterMayDecide: true,
  expiresInMs: 60_000,
};

/** Starts a run through the gateway and commits a turn that asks for a refund. */
export async function askRun(
  api: Api,
  database: Database,
  question: Partial<Question> = {},
): Promise<AskedRun> {
  const run = await api.start('Refund order 42, it arrived broken');
  return askInRun(database, run.id, question);
}

/** Opens a queued run and commits a turn that asks for a refund. */
export async function askInRun(
  database: Database,
  runId: RunId,
  question: Partial<Question> = {},
  effect: EffectClass = 'keyed',
): Promise<AskedRun> {
  const asked = { effect, question: { ...askedQuestion, ...question } };
  const { callId, approval } = await planInRun(database, runId, asked);
  invariant(approval !== null, 'the call asks');
  const { approvalId, expiresAt } = approval;
  return { runId, callId, approvalId, expiresAt };
}

/** Opens a queued run whose refund was asked for and approved. */
export async function approveInRun(
  database: Database,
  runId: RunId,
  effect: EffectClass = 'keyed',
  question: Partial<Question> = {},
): Promise<AskedRun> {
  const asked = await askInRun(database, runId, question, effect);
  await vote(database, asked.approvalId, 'ana', 'approve');
  return asked;
}

/** Opens a queued run and commits a turn with one refund, which asks unless `changes` say otherwise. */
export async function planInRun(
  database: Database,
  runId: RunId,
  changes: Partial<JudgedCall> = {},
): Promise<PlannedCall> {
  const address = { tenantId: 'default', runId };
  await openRun(database, address, `engine-${runId}`);
  const args = { orderId: '42', amountCents: 18_000, currency: 'EUR', reason: 'broken' };
  const refund: JudgedCall = {
    modelCallId: 'toolu_1',
    tool: 'issue_refund',
    title: 'refund 180.00 EUR for order 42',
    args: canonicalJson(args),
    argsDigest: digestOf(args),
    effect: 'keyed',
    retryPolicy: 'payment',
    business: null,
    verdict: 'ask',
    question: askedQuestion,
    ruleInputs: null,
    previews: false,
    refusal: null,
  };
  const turn = await commitTurn(
    database,
    address,
    plainTurn(1, { calls: [{ ...refund, ...changes }] }),
  );
  invariant(turn.kind === 'committed', 'the turn is committed');
  const [call] = turn.calls;
  invariant(call !== undefined, 'the call may be made');
  return call;
}
