/** The activities of the baselines: the stub call, and for one of them the commits around it. */
import { Context } from '@temporalio/activity';
import { heartbeatIntervalMs } from '../../contracts/retry-policies.js';
import type { Plan } from '../plan.js';
import type { StubCalls } from '../stub-calls.js';
import type { Rows } from './rows.js';

interface StepInput {
  readonly runId: string;
  readonly turn: number;
  readonly plan: Plan;
}

/** Activities that call the stub and beat meanwhile; with `rows` they also commit. */
export function createBaselineActivities(calls: StubCalls, rows: Rows | null) {
  const takeTurn = async ({ runId, turn, plan }: StepInput) => {
    await rows?.loadTurn(runId);
    const { tool } = await calls.model(runId, turn, plan);
    await rows?.commitTurn(runId, turn);
    return tool;
  };
  const callTool =
    (isEffect: boolean) =>
    async ({ runId, turn, plan }: StepInput) => {
      await rows?.loadCall(runId, turn);
      await rows?.commitStart(runId, turn, isEffect);
      await calls.tool(runId, turn, plan);
      await rows?.commitEnd(runId, turn, isEffect);
      return 'finished';
    };
  return {
    openRun: beating(async ({ runId }: StepInput) => rows?.commitOpen(runId)),
    takeTurn: beating(takeTurn),
    look_up: beating(callTool(false)),
    pay: beating(callTool(true)),
    closeRun: beating(async ({ runId }: StepInput) => rows?.commitClose(runId)),
  };
}

const beating =
  <Output>(activity: (input: StepInput) => Promise<Output>) =>
  async (input: StepInput): Promise<Output> => {
    const context = Context.current();
    const timer = setInterval(() => context.heartbeat(), heartbeatIntervalMs);
    try {
      return await activity(input);
    } finally {
      clearInterval(timer);
    }
  };
