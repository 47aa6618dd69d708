/** The port of a tool: what the model sees of it, what it does to the world, how it is carried out. */
import type { z } from 'zod';
import type { CallId, EffectKey, RunId } from '../contracts/ids.js';
import type { BusinessScope, OnRepeat } from '../contracts/agent.js';
import type { EffectClass } from '../contracts/effect.js';
import type { FailureCode } from '../contracts/failure.js';
import type { Preview } from '../contracts/preview.js';
import type { RetryPolicyName } from '../contracts/retry-policies.js';

export interface ToolContext {
  readonly tenantId: string;
  readonly runId: RunId;
  readonly callId: CallId;
  /** Null for reads. Everything else sends it along where the service takes a key. */
  readonly effectKey: EffectKey | null;
  /** What the call was planned as: where a tool's class depends on its arguments, this is it. */
  readonly effect: EffectClass;
  /** One request's bound, in milliseconds: the `requestTimeoutMs` of the tool's retry policy. */
  readonly requestTimeoutMs: number;
  /**
   * To be asked right before an effect's client is called: false when too long has passed since the
   * dispatch was committed. Then nothing may be sent, and the outcome is `not-sent`.
   */
  isTimeToSend(): boolean;
  /** Aborted when the run is cancelled (reads only) or the attempt is over. */
  readonly signal: AbortSignal;
}

export type ToolOutcome =
  /** It happened. `result` is JSON and is what the model reads. */
  | { readonly kind: 'done'; readonly result: unknown; readonly externalRef: string | null }
  /** It certainly did not happen and never will: the model reads why. */
  | { readonly kind: 'refused'; readonly message: string }
  /** It certainly did not happen; another attempt may do it. */
  | { readonly kind: 'not-sent'; readonly code: FailureCode; readonly retryAfterMs?: number }
  /** It may have happened: a timeout, a cut connection, an answer without meaning. */
  | { readonly kind: 'unknown'; readonly code: FailureCode };

/** What a search for a lost effect taught. */
export type ToolFinding =
  /** It is there. `result` is what the model reads, as if the lost answer had arrived. */
  | { readonly kind: 'found'; readonly result: unknown; readonly externalRef: string | null }
  /** It is certainly not there and, `visibilityLagMs` after the last dispatch, will not appear. */
  | { readonly kind: 'absent' }
  /** The service could not be asked, or its answer settles nothing. */
  | { readonly kind: 'inconclusive'; readonly code: FailureCode };

/** One SQL statement with its values, in the transaction of the ledger. */
export type TransactionSql = (
  text: string,
  values: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>;

/** What makes two calls the same thing in the world, whoever planned them and in what words. */
export interface BusinessKey<Args> {
  of(args: Args): string;
  readonly scope: BusinessScope;
  /** How long after the first one the next counts as a repeat, in milliseconds. */
  readonly withinMs: number;
  readonly onRepeat: OnRepeat;
}

/** How an effect of the tool is taken back. */
export type Undo<Args> =
  /** By a call of a tool, which has its own class, key and policy; null when there is nothing to undo. */
  | {
      readonly by: 'tool';
      readonly tool: string;
      args(args: Args, result: unknown): Readonly<Record<string, unknown>> | null;
    }
  /** By a person: one sentence that says what to do. */
  | { readonly by: 'person'; advice(args: Args, result: unknown): string };

/** What a tool has to look with, before anything of a call may be done. */
export type PreviewContext = Pick<
  ToolContext,
  'tenantId' | 'runId' | 'callId' | 'requestTimeoutMs' | 'signal'
>;

/** What a call will do to the world as it is now. */
export interface CallPreview {
  /** For the people who are asked: they see the arguments as well, so nothing need be left out. */
  readonly preview: Preview;
  /**
   * The facts of the world that it rests on, as JSON: of what there is, never of the arguments, which
   * people may change. A call whose facts are others by the time it is sent is asked about anew. Null
   * where it rests on nothing.
   */
  readonly precondition: unknown;
}

/** What every tool says of itself. */
interface ToolFacts<Args> {
  readonly name: string;
  /** What the model reads about it. */
  readonly description: string;
  readonly args: z.ZodType<Args>;
  readonly retryPolicy: RetryPolicyName;
  /** One line made of public fields only: shown in Temporal's Web UI, the console and logs of people. */
  summary(args: Args): string;
  /**
   * Strangers write what it returns, such as a page of the web: from then on its run is tainted, and
   * leave that rules give for an effect asks people, where the rule does not say otherwise.
   */
  readonly taints?: true;
  readonly businessKey?: BusinessKey<Args>;
  readonly undo?: Undo<Args>;
  /**
   * Says what a call will do. It only reads, keeps to `signal`, and rejects where the world can't be
   * asked; a call that will be refused is a preview that says so.
   */
  preview?(args: Args, context: PreviewContext): Promise<CallPreview>;
}

/** A tool that is carried out by asking somebody outside. */
interface OutsideTool<Args> extends ToolFacts<Args> {
  run(args: Args, context: ToolContext): Promise<ToolOutcome>;
}

export interface PlainTool<Args = unknown> extends OutsideTool<Args> {
  readonly effect: 'read' | 'idempotent' | 'unsafe';
}

export interface KeyedTool<Args = unknown> extends OutsideTool<Args> {
  readonly effect: 'keyed';
  /** How long the service remembers our key, in milliseconds. */
  readonly keyRetentionMs: number;
}

export interface ReconcilableTool<Args = unknown> extends OutsideTool<Args> {
  readonly effect: 'reconcilable';
  /** How long after a dispatch a search may still miss what it did, in milliseconds. */
  readonly visibilityLagMs: number;
  /** Looks for the effect of this key. It changes nothing. */
  find(args: Args, context: ToolContext): Promise<ToolFinding>;
}

export interface TransactionalTool<Args = unknown> extends ToolFacts<Args> {
  readonly effect: 'transactional';
  /**
   * Does its work in the transaction that confirms the effect: `done` commits both; any other
   * outcome, or a rejection, rolls the work back. Nothing may be awaited but `sql`.
   */
  runInTransaction(args: Args, sql: TransactionSql): Promise<ToolOutcome>;
}

/** A tool whose class depends on its arguments. `effect` is the most careful that a call can have. */
export interface VaryingTool<Args = unknown> extends OutsideTool<Args> {
  readonly effect: 'unsafe';
  /** The class of one call: `keyed` where the service takes our key. */
  effectOf(args: Args): 'read' | 'idempotent' | 'keyed' | 'unsafe';
  /** How long every service that takes our key remembers it, in milliseconds. */
  readonly keyRetentionMs: number;
}

/** A tool of any class (DESIGN §7). */
export type Tool<Args = unknown> =
  | PlainTool<Args>
  | KeyedTool<Args>
  | ReconcilableTool<Args>
  | TransactionalTool<Args>
  | VaryingTool<Args>;
