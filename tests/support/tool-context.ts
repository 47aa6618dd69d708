/** The context that the worker gives a tool. */
import type { Tool, ToolContext, TransactionalTool } from '../../activities/tool.js';
import type { CallId, EffectKey, RunId } from '../../contracts/ids.js';

/** A tool that is carried out by asking somebody outside. */
export type OutsideTool<Args> = Exclude<Tool<Args>, TransactionalTool<Args>>;

/** A context as the worker gives it. Each effect has a key of its own. */
export const toolContext = (effectKey: string | null = newEffectKey()): ToolContext => ({
  tenantId: 'default',
  runId: 'run_0' as RunId,
  callId: 'call_0' as CallId,
  effectKey: effectKey as EffectKey | null,
  effect: 'keyed',
  requestTimeoutMs: 5_000,
  isTimeToSend: () => true,
  signal: new AbortController().signal,
});

let keys = 0;
/** A key of the shape of ours, used by nobody else in this process. */
export const newEffectKey = (): string => `key_${process.pid}_${(keys += 1)}`.padEnd(43, '_');
