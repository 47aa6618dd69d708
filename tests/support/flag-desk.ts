/** An agent with tools that set flags in memory and can take that back: for tests without an engine. */
import { z } from 'zod';
import type { ActivityDeps } from '../../activities/deps.js';
import type { ModelTurn } from '../../activities/models/model.js';
import { createRunTool } from '../../activities/run-tool.js';
import { createTakeTurn } from '../../activities/take-turn.js';
import type { PlainTool, Tool, ToolOutcome } from '../../activities/tool.js';
import type { TakeTurnResult } from '../../contracts/activities.js';
import type { CallId, RunId } from '../../contracts/ids.js';
import { invariant } from '../../runtime/belay-error.js';
import { passFreely } from '../../runtime/crash-points.js';
import { createLog } from '../../runtime/log.js';
import type { Database } from '../../store/database.js';
import { closeRun, openRun } from '../../store/run-lifecycle.js';
import { toolSpecOf } from '../../worker/load-agents.js';
import { asActivity } from './activity.js';
import { registerDesk } from './agents.js';
import { queueRun } from './queued-run.js';
import { testVerifier } from './signing-keys.js';

export interface FlagCall {
  readonly tool: 'set_flag' | 'add_mark' | 'send_note';
  readonly args: Readonly<Record<string, unknown>>;
}

export interface FlagDesk {
  /** What was done to the world, in order. */
  readonly done: string[];
  readonly flags: Map<string, string>;
  /** Makes a run that makes these calls, one turn, and carries it out to its end. */
  run(calls: readonly FlagCall[]): Promise<RunId>;
  /** One attempt at a turn. */
  take(runId: RunId, turn: number, attempt?: number): Promise<TakeTurnResult>;
  /** One attempt at a call. */
  carryOut(runId: RunId, callId: CallId, tool: string): Promise<unknown>;
  /** Carries a run out from its first turn to its end, as its workflow does. */
  finish(runId: RunId): Promise<void>;
}

const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0 };
const answerOf = (content: ModelTurn['content'], stop: ModelTurn['stop']): ModelTurn => ({
  content,
  stop,
  model: 'test',
  pricedBy: 'test',
  requestId: null,
  usage,
});

/** Registers the agent `flag-desk`: everything is allowed. `set_flag` is not done twice in an hour. */
export async function openFlagDesk(database: Database): Promise<FlagDesk> {
  const done: string[] = [];
  const flags = new Map<string, string>();
  const tools = toolsOf(done, flags);
  await registerDesk(database, 'flag-desk', ({ policy }) => ({
    tools: tools.map(toolSpecOf),
    policy: policy.slice(0, 1).map((rule) => ({ ...rule, when: 'true', decision: 'allow' })),
  }));
  const plans = new Map<string, readonly FlagCall[]>();
  const deps: ActivityDeps = {
    database,
    tools,
    log: createLog({ service: 'test', level: 'error', format: 'json' }),
    passPoint: passFreely,
    verifier: testVerifier(),
    model: {
      complete: async ({ conversationId, messages }) => {
        const calls = messages.length === 1 ? (plans.get(conversationId ?? '') ?? []) : [];
        if (calls.length === 0) return answerOf([{ type: 'text', text: 'Done.' }], 'final');
        const uses = calls.map(({ tool, args }, index) => ({
          type: 'tool_use',
          id: `toolu_${index}`,
          name: tool,
          input: args,
        }));
        return answerOf(uses, 'tools');
      },
    },
  };
  const take: FlagDesk['take'] = (runId, turn, attempt = 1) =>
    asActivity({ attempt }, () => createTakeTurn(deps)({ runId, turn }));
  const carryOut: FlagDesk['carryOut'] = (runId, callId, name) => {
    const tool = tools.find((each) => each.name === name);
    invariant(tool !== undefined, 'the desk has the tool');
    return asActivity({}, () => createRunTool(deps, tool)({ runId, callId }));
  };
  const finish: FlagDesk['finish'] = async (runId) => {
    const address = { tenantId: 'default', runId };
    await openRun(database, address, `engine-${runId}`);
    for (let turn = 1; ; turn += 1) {
      const taken = await take(runId, turn);
      invariant(taken.kind === 'committed', 'the turn is committed');
      for (const { callId, tool } of taken.calls) await carryOut(runId, callId, tool);
      if (taken.isFinal) break;
    }
    await closeRun(database, address, { status: 'completed', code: null });
  };
  const run: FlagDesk['run'] = async (calls) => {
    const runId = await queueRun(database, 'flag-desk');
    plans.set(runId, calls);
    await finish(runId);
    return runId;
  };
  return { done, flags, run, take, carryOut, finish };
}

interface FlagArgs {
  readonly flag: string;
  readonly to: string;
}

function toolsOf(done: string[], flags: Map<string, string>): readonly Tool[] {
  const did = (what: string, result: unknown): ToolOutcome => {
    done.push(what);
    return { kind: 'done', result, externalRef: null };
  };
  const setFlag: PlainTool<FlagArgs> = {
    name: 'set_flag',
    description: 'Sets a flag and says what it was.',
    args: z.strictObject({ flag: z.string(), to: z.string() }),
    effect: 'idempotent',
    retryPolicy: 'desk',
    summary: ({ flag, to }) => `set ${flag} to ${to}`,
    businessKey: {
      of: ({ flag, to }) => `${flag}:${to}`,
      scope: 'tenant',
      withinMs: 3_600_000,
      onRepeat: 'reuse',
    },
    undo: {
      by: 'tool',
      tool: 'set_flag',
      args: ({ flag }, result) => ({ flag, to: (result as { was: string }).was }),
    },
    run: async ({ flag, to }) => {
      const was = flags.get(flag) ?? 'white';
      flags.set(flag, to);
      return did(`${flag}=${to}`, { was });
    },
  };
  const mark = (name: string, by: number): PlainTool<Record<string, never>> => ({
    name,
    description: 'Counts marks.',
    args: z.strictObject({}),
    effect: 'idempotent',
    retryPolicy: 'desk',
    summary: () => name,
    ...(by < 0 ? {} : { undo: { by: 'tool', tool: 'remove_mark', args: () => ({}) } }),
    run: async () => {
      flags.set('marks', String(Number(flags.get('marks') ?? 0) + by));
      return did(name, {});
    },
  });
  const sendNote: PlainTool<{ text: string }> = {
    name: 'send_note',
    description: 'Sends a note, or loses the answer.',
    args: z.strictObject({ text: z.string() }),
    effect: 'unsafe',
    retryPolicy: 'mail',
    summary: () => 'send a note',
    undo: { by: 'person', advice: () => 'Ask for the note back.' },
    run: async ({ text }) =>
      text === 'lost' ? { kind: 'unknown', code: 'tool-unreachable' } : did('note', {}),
  };
  const tools = [setFlag, mark('add_mark', 1), mark('remove_mark', -1), sendNote];
  return tools as readonly unknown[] as readonly Tool[];
}
