/** What rules see. */
import type { EffectClass } from '../contracts/effect.js';
import type { RunId } from '../contracts/ids.js';

/** A run as its calls are judged by. Everything here is Postgres's word. */
export interface JudgedRun {
  readonly runId: RunId;
  readonly requestedBy: string;
  /** The turn that planned the call. */
  readonly turn: number;
  readonly spentMicrosUsd: number;
  /** Whether it has read what strangers wrote. */
  readonly isTainted: boolean;
  /** Postgres's clock, RFC 3339. */
  readonly at: string;
}

/** What a rule sees beside the arguments: recorded with each verdict. Times are UTC. */
export interface RuleInputs {
  readonly tool: { readonly name: string; readonly effect: EffectClass };
  readonly run: {
    readonly id: string;
    readonly agent: string;
    readonly requester: string;
    readonly turn: number;
    readonly spentMicrosUsd: number;
    readonly tainted: boolean;
  };
  readonly tenant: { readonly id: string };
  readonly time: {
    /** Such as `2026-11-28`. */
    readonly date: string;
    /** 0 to 23. */
    readonly hour: number;
    readonly minute: number;
    /** 1 is Monday, 7 is Sunday (ISO 8601). */
    readonly weekday: number;
  };
}

/** One call, as its judge sees it. */
export interface PolicyInputs extends RuleInputs {
  readonly args: unknown;
}

/** The inputs of a call of a run of an agent. */
export function ruleInputsOf(
  agent: string,
  tenantId: string,
  run: JudgedRun,
  tool: RuleInputs['tool'],
): RuleInputs {
  const { runId, requestedBy, turn, spentMicrosUsd, isTainted } = run;
  const at = new Date(run.at);
  return {
    tool: { name: tool.name, effect: tool.effect },
    run: { id: runId, agent, requester: requestedBy, turn, spentMicrosUsd, tainted: isTainted },
    tenant: { id: tenantId },
    time: {
      date: at.toISOString().slice(0, 10),
      hour: at.getUTCHours(),
      minute: at.getUTCMinutes(),
      weekday: at.getUTCDay() === 0 ? 7 : at.getUTCDay(),
    },
  };
}
