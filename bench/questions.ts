/** Runs that wait for a person: brought there, and answered. */
import { setTimeout as wait } from 'node:timers/promises';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import type { ApprovalId, Digest } from '../contracts/ids.js';
import { signalNames, type ApprovalDecidedSignal } from '../contracts/signals.js';
import { defaultTenant } from '../contracts/tenant.js';
import { decisionLaw } from '../server/decision-law.js';
import { decide } from '../store/decisions.js';
import { repeated, type Bench } from './bench.js';
import type { Contestant } from './contestants.js';
import { monotonicMs } from './journal.js';
import type { Plan } from './plan.js';

const startsAtOnce = 20;
const betweenMs = 20;

/** Starts runs that ask, and resolves with their ids when each has asked and come to rest. */
export async function startAsking(
  bench: Bench,
  contestant: Contestant,
  count: number,
  plan: Plan,
): Promise<readonly string[]> {
  const runIds: string[] = [];
  await repeated(count, startsAtOnce, async () => {
    runIds.push(await contestant.start(plan));
  });
  const mine = new Set(runIds);
  for (;;) {
    // The last thing before the question.
    const asked = contestant.journal().filter(({ runId }) => mine.has(runId));
    if (asked.length >= count) break;
    await wait(betweenMs);
  }
  await wait(bench.sizes.settleMs);
  return runIds;
}

interface Question {
  readonly id: ApprovalId;
  readonly argsDigest: Digest;
}

/** The open question of one of Belay's runs; waits until there is one. */
export async function questionOf({ database }: Bench, runId: string): Promise<Question> {
  for (;;) {
    const { rows } = await database.pool.query<Question>(
      `SELECT id, args_digest AS "argsDigest" FROM approval
       WHERE tenant_id = $1 AND run_id = $2 AND status = 'pending'`,
      [defaultTenant, runId],
    );
    if (rows[0] !== undefined) return rows[0];
    await wait(betweenMs);
  }
}

/** A person's click: through the gateway. Resolves with when the request left. */
export async function click(bench: Bench, runId: string): Promise<number> {
  const { id, argsDigest } = await questionOf(bench, runId);
  const body = { decision: 'approve', argsDigest };
  const sentMs = monotonicMs();
  await bench.contestants.belay.http.post(`/v1/approvals/${id}/decisions`, body);
  return sentMs;
}

/** Decides in Postgres, then sends the gateway's signal in its place. Resolves with when it left. */
export async function signalDecision(bench: Bench, runId: string): Promise<number> {
  const question = await questionOf(bench, runId);
  await decide(bench.database, {
    tenantId: defaultTenant,
    approvalId: question.id,
    principal: { id: 'ana', tenantId: defaultTenant, roles: ['approver'], labels: [] },
    decision: 'approve',
    argsDigest: question.argsDigest,
    args: undefined,
    message: null,
    key: null,
    law: decisionLaw(bench.contestants.belay.signer),
  });
  const { rows } = await bench.database.pool.query<{ payload: ApprovalDecidedSignal }>(
    `SELECT payload FROM outbox WHERE tenant_id = $1 AND run_id = $2 AND subject = $3`,
    [defaultTenant, runId, question.id],
  );
  return sendSignal(bench, runId, signalNames.approvalDecided, rows[0]?.payload);
}

/** Approves a baseline's run. Resolves with when the signal left. */
export const signalBaseline = (bench: Bench, runId: string): Promise<number> =>
  sendSignal(bench, runId, 'approve', undefined);

async function sendSignal(
  { client }: Bench,
  runId: string,
  signalName: string,
  payload: unknown,
): Promise<number> {
  const sentMs = monotonicMs();
  await client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: runId },
    signalName,
    ...(payload === undefined
      ? {}
      : { input: { payloads: toPayloads(defaultPayloadConverter, payload) ?? [] } }),
    identity: 'bench',
    requestId: `${runId}:${sentMs}`,
  });
  return sentMs;
}
