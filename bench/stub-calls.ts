/** The outside services of the bench, in process: the one stub that every contestant calls. */
import { setTimeout as wait } from 'node:timers/promises';
import { openJournal } from './journal.js';
import { toolOf, words, type Plan, type ToolName } from './plan.js';

export interface ModelAnswer {
  readonly text: string;
  /** Null in the last turn. */
  readonly tool: ToolName | null;
}

export interface StubCalls {
  model(runId: string, turn: number, plan: Plan): Promise<ModelAnswer>;
  tool(runId: string, turn: number, plan: Plan): Promise<{ readonly found: string }>;
}

/** Makes the calls of one worker; each is noted in the journal when it begins. */
export function createStubCalls(journalFile: string): StubCalls {
  const note = openJournal(journalFile);
  return {
    model: async (runId, turn, plan) => {
      note('model', runId, turn);
      if (plan.modelMs > 0) await wait(plan.modelMs);
      return { text: words, tool: turn > plan.turns ? null : toolOf(plan, turn) };
    },
    tool: async (runId, turn, plan) => {
      note('tool', runId, turn);
      if (plan.toolMs > 0) await wait(plan.toolMs);
      return { found: words };
    },
  };
}
