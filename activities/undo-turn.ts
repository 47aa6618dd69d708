/** A turn of an unwind: nobody is asked but the ledger. Committed once, as every turn is. */
import { Context } from '@temporalio/activity';
import type { TakeTurnResult } from '../contracts/activities.js';
import type { AgentVersion } from '../contracts/agent.js';
import type { RunId } from '../contracts/ids.js';
import { unsettledRetryMs } from '../contracts/retry-policies.js';
import { ledgerPlanner, unwoundBlock } from '../contracts/unwind.js';
import { commitTurn, type FreshTurn } from '../store/turn-commit.js';
import { loadUnwound, noteUnsettled } from '../store/unwinds.js';
import { failureOf } from './adapter.js';
import { addressOf, type ActivityDeps } from './deps.js';
import type { JudgedRun } from '../policy/inputs.js';
import { planUndo, reportOf, type UndoPlan } from './plan-undo.js';

/**
 * Plans the next undo of the run `unwinds`, or reports when none is left. While it is not known what
 * that run did, the turn is tried again: people are waited for, and nothing is undone before. A turn
 * that has waited for days ends without a call: the next one waits on, so no time limit ends the run.
 */
export async function takeUndoTurn(
  deps: ActivityDeps,
  version: AgentVersion,
  run: JudgedRun,
  unwinds: RunId,
): Promise<TakeTurnResult> {
  const { database, passPoint } = deps;
  const address = addressOf(run.runId);
  const effects = await loadUnwound(database, addressOf(unwinds));
  const plan = planUndo(deps.tools, version, run, effects);
  if (plan.kind === 'wait') {
    const waitedMs = await noteUnsettled(database, address, run.turn);
    if (waitedMs >= unsettledRetryMs.nextTurn) {
      return commitTurn(database, address, freshTurn(run.turn, plan));
    }
    throw failureOf('effect-not-settled', unsettledDelayMs(Context.current().info.attempt));
  }
  passPoint('turn-answered');
  const result = await commitTurn(database, address, freshTurn(run.turn, plan));
  passPoint('turn-committed');
  return result;
}

const unsettledDelayMs = (attempt: number): number =>
  Math.min(unsettledRetryMs.first * 2 ** (attempt - 1), unsettledRetryMs.longest);

function freshTurn(turn: number, plan: UndoPlan): FreshTurn {
  const common = {
    turn,
    model: ledgerPlanner,
    requestId: null,
    inputTokens: 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    costMicrosUsd: 0,
    failureCode: null,
  };
  if (plan.kind !== 'done') {
    const calls = plan.kind === 'call' ? [plan.call] : [];
    return { ...common, stop: 'tools', messages: [], text: '', calls };
  }
  const text = reportOf(plan.lists);
  const content = JSON.stringify([
    { type: 'text', text },
    { type: unwoundBlock, content: plan.lists },
  ]);
  const messages = [{ seq: 1, role: 'assistant' as const, content }];
  return { ...common, stop: 'final', messages, text, calls: [] };
}
