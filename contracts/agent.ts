/** An agent version: everything a run is pinned to, as data, identified by the digest of its content. */
import type { Digest } from './ids.js';
import type { DecisionKind, EscalationStep } from './approval.js';
import type { EffectClass } from './effect.js';
import type { ModelChain, ModelChoice, ModelEntry } from './model-choice.js';
import type { RetryPolicyName } from './retry-policies.js';
import type { Verdict } from './call.js';

/** JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One ordered rule of a policy. The first whose `when` holds decides; one that throws asks. */
export interface PolicyRule {
  readonly id: string;
  /** CEL over `tool`, `args`, `run`, `tenant` and `time`. */
  readonly when: string;
  readonly decision: Verdict;
  /** Shown to the people who are asked, and to the model where it is denied. */
  readonly reason: string;
  /** Roles or labels of the people who may decide; an approver of any label when empty. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  readonly requesterMayDecide: boolean;
  /** Whether an edit counts as its editor's vote on the new arguments. */
  readonly editorMayDecide: boolean;
  readonly allowedDecisions: readonly DecisionKind[];
  /** How long people may decide; with `onExpiry: escalate`, how long each level has. */
  readonly expiresInMs: number;
  /** How long after the decision it may first be executed; null for ever. */
  readonly executeWithinMs: number | null;
  readonly onExpiry: 'reject' | 'escalate';
  /** Who is asked instead, once so much time has passed since the question. */
  readonly escalation: readonly EscalationStep[];
  /** How long after a yes it can be taken back, before anything is carried out. */
  readonly undoWindowMs: number;
  /** Whether an `allow` holds in a run that has read what comes from outside. */
  readonly evenWhenTainted: boolean;
}

/** Within what two calls of one business key are the same thing. */
export type BusinessScope = 'run' | 'agent' | 'tenant';
/** What a repeat gets: the first one's result, marked as such, or a question to people. */
export type OnRepeat = 'reuse' | 'ask';

/** A tool as an agent version pins it: what the model sees, and how a call of it is carried out. */
export interface ToolSpec {
  readonly name: string;
  readonly description: string;
  readonly argsSchema: JsonSchema;
  readonly effect: EffectClass;
  readonly retryPolicy: RetryPolicyName;
  /** How long the service remembers our key; only for `keyed`. */
  readonly keyRetentionMs: number | null;
  /** How long after a dispatch a search may still miss it; only for `reconcilable`. */
  readonly visibilityLagMs?: number;
  /** When the same thing done twice counts as a repeat. The key itself is computed from the arguments. */
  readonly businessKey?: {
    readonly scope: BusinessScope;
    readonly withinMs: number;
    readonly onRepeat: OnRepeat;
  };
  /** The tool that takes its effects back. */
  readonly undoneBy?: string;
  /** What it returns was written by strangers: from then on the run is tainted. */
  readonly taints?: true;
  /** It can say beforehand what a call will do. */
  readonly previews?: true;
}

/** What one run may use up. Each bound is named in `contracts/limits.ts` with its default. */
export interface AgentLimits {
  readonly turns: number;
  readonly callsPerTurn: number;
  readonly parallelCalls: number;
  readonly outputTokensPerTurn: number;
  /**
   * What prompt and answer may take up together, in tokens, before the conversation is compacted.
   * What the model can take, when absent or when that is less.
   */
  readonly contextTokens?: number;
}

export interface AgentSpec {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly instructions: string;
  /** Models in the order in which they are tried (`choicesOf` spells them out). */
  readonly models: ModelChain<ModelEntry>;
  readonly tools: readonly ToolSpec[];
  readonly policy: readonly PolicyRule[];
  readonly limits: AgentLimits;
  readonly inputSchema: JsonSchema;
}

/** An agent version as it is kept: the spec, and the digest of its canonical JSON. */
export interface AgentVersion {
  readonly digest: Digest;
  readonly spec: AgentSpec;
}

/** An agent on the wire (DESIGN §11): its current version, and the names of all. */
export interface AgentView {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly version: Digest;
  readonly models: readonly ModelChoice[];
  readonly inputSchema: JsonSchema;
  readonly tools: readonly ToolSpec[];
  readonly policy: readonly PolicyRule[];
  readonly limits: AgentLimits;
  readonly versions: readonly { readonly version: Digest; readonly registeredAt: string }[];
  readonly links: { readonly self: string };
}
