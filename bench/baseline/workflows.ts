/** What a careful person writes on Temporal alone: the loop, approvals by signal, nothing else. */
import {
  condition,
  defineSignal,
  scheduleActivity,
  setHandler,
  type ActivityOptions,
} from '@temporalio/workflow';
import {
  heartbeatTimeoutMs,
  retryPolicies,
  type RetryPolicy,
  type RetryPolicyName,
} from '../../contracts/retry-policies.js';
import type { Plan, ToolName } from '../plan.js';

export interface BaselineInput {
  readonly runId: string;
  readonly plan: Plan;
  /** Whether it keeps its run in Postgres: then it opens and closes it, as Belay does. */
  readonly keepsRows: boolean;
}

/** The same calls under the same options as Belay's, one after the other. */
export async function baselineAgent({ runId, plan, keepsRows }: BaselineInput): Promise<void> {
  let approvals = 0;
  setHandler(defineSignal('approve'), () => {
    approvals += 1;
  });
  if (keepsRows) await act('openRun', { runId }, 'database', 'open the run');
  for (let turn = 1; ; turn += 1) {
    const input = { runId, turn, plan };
    const tool = (await act('takeTurn', input, 'model', `turn ${turn}`)) as ToolName | null;
    if (tool === null) break;
    const before = turn - 1;
    if (plan.asks) await condition(() => approvals > before, '24h');
    await act(tool, input, tool === 'pay' ? 'payment' : 'quick-read', `${tool} in turn ${turn}`);
  }
  if (keepsRows) await act('closeRun', { runId }, 'database', 'close as completed');
}

const act = (type: string, input: object, policy: RetryPolicyName, summary: string) =>
  scheduleActivity<unknown>(type, [input], optionsOf(policy, summary));

function optionsOf(name: RetryPolicyName, summary: string): ActivityOptions {
  const policy: RetryPolicy = retryPolicies[name];
  return {
    startToCloseTimeout: policy.startToCloseMs,
    scheduleToCloseTimeout: policy.scheduleToCloseMs,
    heartbeatTimeout: heartbeatTimeoutMs,
    cancellationType: 'TRY_CANCEL',
    retry: {
      initialInterval: policy.initialIntervalMs,
      maximumInterval: policy.maximumIntervalMs,
      backoffCoefficient: policy.backoffCoefficient,
    },
    summary,
  };
}
