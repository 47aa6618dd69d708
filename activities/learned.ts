/** What a tool said, as the ledger takes it: cut where it is too long, and with the wait before another attempt. */
import { toolResultBytes } from '../contracts/limits.js';
import type { CallId } from '../contracts/ids.js';
import type { RetryPolicy } from '../contracts/retry-policies.js';
import type { Found, Learned } from '../store/call-attempt.js';
import { boundedRetryAfter, retryDelayMs } from './adapter.js';
import { cutResult } from './cut-result.js';
import type { ToolFinding, ToolOutcome } from './tool.js';

/** How what a tool says is recorded. */
export interface Recording {
  readonly policy: RetryPolicy;
  /** From 1. */
  readonly attempt: number;
  /** Where the rest of a result that is cut will be found; null where nobody could read it. */
  readonly keptUnder: CallId | null;
  /** Strangers write what it says. */
  readonly taints: boolean;
}

/** An outcome as it is recorded. */
export function learnedOf(
  outcome: ToolOutcome,
  { policy, attempt, keptUnder, taints }: Recording,
): Learned {
  const retryInMs = retryDelayMs(policy, attempt);
  switch (outcome.kind) {
    case 'done': {
      const { externalRef } = outcome;
      return { kind: 'done', ...cutResult(outcome.result, keptUnder), externalRef, taints };
    }
    case 'refused':
      return { kind: 'refused', message: outcome.message.slice(0, toolResultBytes), taints };
    case 'not-sent':
      return {
        kind: 'not-sent',
        code: outcome.code,
        retryInMs: boundedRetryAfter(outcome.retryAfterMs) ?? retryInMs,
      };
    case 'unknown':
      return { kind: 'unknown', code: outcome.code, retryInMs };
  }
}

/** What a search found, as it is recorded. */
export function foundOf(
  finding: ToolFinding,
  { policy, attempt, keptUnder, taints }: Recording,
): Found {
  switch (finding.kind) {
    case 'found':
      return { ...finding, ...cutResult(finding.result, keptUnder), taints };
    case 'absent':
      return finding;
    case 'inconclusive':
      return { ...finding, retryInMs: retryDelayMs(policy, attempt) };
  }
}

/** The model is told what people made of its arguments: it did not plan what was done. */
export function toldOf(outcome: ToolOutcome, { editedBy, args }: ChangedCall): ToolOutcome {
  if (editedBy === null) return outcome;
  const changed = { changedBy: editedBy, madeWith: args };
  switch (outcome.kind) {
    case 'done': {
      const { result } = outcome;
      const isPlain = typeof result === 'object' && result !== null && !Array.isArray(result);
      return { ...outcome, result: isPlain ? { ...result, ...changed } : { result, ...changed } };
    }
    case 'refused': {
      const how = `${editedBy} had changed the arguments to ${JSON.stringify(args)}.`;
      return { ...outcome, message: `${outcome.message} ${how}` };
    }
    case 'not-sent':
    case 'unknown':
      return outcome;
  }
}

interface ChangedCall {
  /** Who changed its arguments, where people did. */
  readonly editedBy: string | null;
  readonly args: unknown;
}
